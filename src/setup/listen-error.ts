/** What a server that cannot listen says: with the port, and what to do. */
export function listenError(error: NodeJS.ErrnoException, port: number): Error {
  const { code } = error;
  if (code === 'EADDRINUSE')
    return new Error(`Port ${port} is in use. Stop what uses it, or set PORT to another one.`, { cause: error });
  if (code === 'EACCES')
    return new Error(`Port ${port} is not for the user we run as. Set PORT to another one, such as 3000.`, {
      cause: error,
    });
  return error;
}
