/** Hands a drawing to the browser's downloads. */
export function saveSvg(svg: string, name: string): void {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name.replaceAll(/[/\\:*?"<>|]/g, '-');
  anchor.click();
  // The download has taken hold of the blob once the click was handled.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
