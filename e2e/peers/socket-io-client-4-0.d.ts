/** Release 4.0 has its types where this compiler does not look; what the test uses is the same in all releases. */
export { io } from 'socket.io-client';
