/** The same bytes under another name; nothing is copied. */
export const named = (file: File, name: string): File =>
  name === file.name
    ? file
    : new File([file], name, { type: file.type, lastModified: file.lastModified });

/** What a chooser holds. Files of a folder carry their path beside the name; here it becomes their name (`cats/001.png`). */
export const chosenFiles = (list: FileList | null): File[] =>
  [...(list ?? [])].map((file) => named(file, file.webkitRelativePath || file.name));
