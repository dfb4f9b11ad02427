/** Takes a file that is dropped anywhere on the page; `veil` shows that it may be. */
export function acceptDrops(veil: HTMLElement, onFile: (file: File) => void): void {
  let depth = 0; // of the elements that the pointer has entered
  const move = (change: number): void => {
    depth = Math.max(0, depth + change);
    veil.classList.toggle('over', depth > 0);
  };
  const holdsFile = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
  addEventListener('dragenter', (event) => holdsFile(event) && move(1));
  addEventListener('dragleave', (event) => holdsFile(event) && move(-1));
  addEventListener('dragover', (event) => {
    if (holdsFile(event)) event.preventDefault();
  });
  addEventListener('drop', (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    move(-depth);
    const file = event.dataTransfer?.files[0];
    if (file) onFile(file);
  });
}
