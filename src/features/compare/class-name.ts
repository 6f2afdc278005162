/** A class by its name where the data has names, else by its number. */
export const className = (index: number, classes: readonly string[] | undefined): string =>
  classes?.[index] ?? String(index);
