// What a resource may be called. Names stand in URLs, log lines, metric labels and bus subjects, so they hold neither
// wildcards nor control characters, and no path tricks; a model's may contain slashes.

export const namePattern = /^(?!.*\.\.)[A-Za-z0-9](?:[A-Za-z0-9._:@-]|\/(?=[A-Za-z0-9@_])){0,127}$/
export const nameRule =
  'a name has 1 to 128 of the characters A-Z a-z 0-9 . _ : @ - and / inside, and begins with a letter or digit, without ".."'

export function isName(text: string): boolean {
  return namePattern.test(text)
}

/** Two names that fold alike look alike to people (Ｆａｓｔ, Fast, fast): only one of them may exist within a kind. */
export function foldName(name: string): string {
  const isPlain = /^[\x20-\x7e]*$/.test(name) // ten times faster, and there may be a hundred thousand users
  return (isPlain ? name : name.normalize('NFKC')).toLowerCase()
}
