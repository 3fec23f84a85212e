/*
 * C0 but tab and line feed, DEL, C1, and what turns the direction of text: a model could use them to move the cursor, change colours
 * or titles, or show a command that is not the one that is there.
 */
const control = /(?![\t\n])[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/** A text that a terminal can only show. Works piece by piece: what is taken out is single characters. */
export function cleanText(text: string): string {
  return text.replace(control, '');
}

/** For one line of a table or a message. */
export function cleanLine(text: string): string {
  return cleanText(text.replace(/\s+/g, ' '));
}
