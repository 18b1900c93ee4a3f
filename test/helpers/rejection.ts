/** What a promise is rejected with; fails where it is fulfilled. */
export async function rejectionOf(
  promise: Promise<unknown>,
): Promise<Error & {readonly code?: string; readonly exitCode?: number}> {
  const value = await promise.catch((error: unknown) => ({error}));
  if (
    typeof value === 'object' &&
    value !== null &&
    'error' in value &&
    value.error instanceof Error
  )
    return value.error;
  throw new Error(`expected a rejection, but found ${JSON.stringify(value)}`);
}
