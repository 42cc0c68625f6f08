/** A key, a value or a header's value as it is handed in: text (written as UTF-8) or bytes. */
export type Bytes = string | Uint8Array
