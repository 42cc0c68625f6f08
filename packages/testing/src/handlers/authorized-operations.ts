/** A bit for each operation that an unrestricted client may do on a group: READ, DELETE, DESCRIBE and the configs' two. */
export const GROUP_OPERATIONS = 0
/** What stands where nobody asked for the operations. */
export const NOT_ASKED_FOR = -2147483648
