/** Formats a size in the decimal units of package indexes and disks: `273.8 MB`. */
export function formatBytes(value: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  const power = units.findLastIndex((_, i) => Math.max(1, value) >= 1000 ** i);
  return power === 0 ? `${value} bytes` : `${(value / 1000 ** power).toFixed(1)} ${units[power]}`;
}
