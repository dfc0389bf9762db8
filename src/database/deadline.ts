/**
 * Gives up waiting for the database: a network that swallows packets would keep a request waiting for minutes.
 * @throws Error that {@link isDatabaseUnavailable} knows, after `milliseconds`; else what `work` settles to
 */
export async function withinDeadline<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const error = Object.assign(new Error(`No answer within ${milliseconds} ms.`), { code: 'ETIMEDOUT' });
    timer = setTimeout(() => reject(error), milliseconds);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
