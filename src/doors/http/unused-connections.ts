/**
 * Browsers and HTTP clients open connections ahead of need. One that never carried a request does not count as idle
 * for Node (https://nodejs.org/api/http.html#servercloseidleconnections), so it would hold up the server's end until
 * the client lets go.
 */

import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Watches the server's connections; the answer closes those that never carried a request. */
export function watchUnusedConnections(server: Server): () => void {
  const unused = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', ({ socket }) => void unused.delete(socket));
  return () => {
    for (const socket of unused) socket.destroy();
  };
}
