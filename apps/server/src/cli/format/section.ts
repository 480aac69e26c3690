/** A part of an output under its title. */
export const section = (title: string, text: string): string => (text === '' ? title : `${title}\n${text}`);
