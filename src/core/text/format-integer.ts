/** `1234567 -> 1,234,567` */
export const formatInteger = (value: number | bigint): string => value.toLocaleString('en-US');
