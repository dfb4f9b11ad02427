/** Characters that a field lays out without anyone waiting for it. */
const LONG = 100_000;

/** A long text that is pasted goes past the field, which would take seconds to lay it out, or minutes. */
export function takeLongPaste(field: HTMLTextAreaElement, onText: (text: string) => void): void {
  field.addEventListener('paste', (event) => {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (text.length < LONG) return;
    event.preventDefault();
    field.value = '';
    onText(text);
  });
}
