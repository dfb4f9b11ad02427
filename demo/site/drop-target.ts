/** Takes files that are dropped anywhere on the page, if `takes`, those of folders too; `veil` shows that it may be. */
export function acceptDrops(
  veil: HTMLElement,
  onFiles: (files: readonly File[]) => void,
  takes: () => boolean,
): void {
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
    void filesOf(event.dataTransfer!).then((files) => files.length > 0 && onFiles(files));
  });
}

/** What was dropped is asked for at once: it is gone once the event is over. */
async function filesOf({ items, files }: DataTransfer): Promise<File[]> {
  const given = [...files];
  const entries = [...items].map((item) => item.webkitGetAsEntry());
  if (!entries.some((entry) => entry?.isDirectory)) return given;
  return (await Promise.all(entries.flatMap((entry) => (entry ? [within(entry)] : [])))).flat();
}

async function within(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    // As files of a chosen folder have it.
    Object.defineProperty(file, 'webkitRelativePath', { value: entry.fullPath.replace(/^\//, '') });
    return [file];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: File[] = [];
  for (;;) {
    // Some at a time, until there are none left.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return found;
    for (const one of some) found.push(...(await within(one)));
  }
}
