/** A bit for each operation that an unrestricted client may do on a group: READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS and ALTER_CONFIGS. */
export const GROUP_OPERATIONS = 3400
/** What stands where nobody asked for the operations. */
export const NOT_ASKED_FOR = -2147483648
/** A bit for each operation that an unrestricted client may do on a topic. */
export const TOPIC_OPERATIONS = 0xdf8
