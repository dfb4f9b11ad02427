/** Takes a file that is dropped anywhere on the page, if `takes`; `veil` shows that it may be. */
export function acceptDrops(veil: HTMLElement, onFile: (file: File) => void, takes: () => boolean): void {
  let depth = 0; // of the elements that the pointer has entered
  const move = (change: number): void => {
    depth = Math.max(0, depth + change);
    veil.classList.toggle('over', depth > 0);
  };
  const wanted = (event: DragEvent): boolean =>
    event.dataTransfer?.types.includes('Files') === true && takes();
  addEventListener('dragenter', (event) => wanted(event) && move(1));
  addEventListener('dragleave', (event) => wanted(event) && move(-1));
  addEventListener('dragover', (event) => {
    if (wanted(event)) event.preventDefault();
  });
  addEventListener('drop', (event) => {
    if (!wanted(event)) return;
    event.preventDefault();
    move(-depth);
    const file = event.dataTransfer?.files[0];
    if (file) onFile(file);
  });
}
