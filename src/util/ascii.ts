/**
 * Byte values of the ASCII characters that the text protocols are made of.
 * Used by parsers, encoders and subject code; `const enum`, so each use compiles to a number.
 */
export const enum Ascii {
  Tab = 9,
  LineFeed = 10,
  FormFeed = 12,
  CarriageReturn = 13,
  Space = 32,
  Quote = 34,
  Dollar = 36,
  Star = 42,
  Plus = 43,
  Minus = 45,
  Dot = 46,
  Zero = 48,
  Nine = 57,
  Colon = 58,
  Greater = 62,
  UpperA = 65,
  UpperC = 67,
  UpperH = 72,
  UpperI = 73,
  UpperM = 77,
  UpperP = 80,
  UpperR = 82,
  UpperS = 83,
  UpperU = 85,
  Backslash = 92,
  Underscore = 95,
}
