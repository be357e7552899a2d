/** The API key all clients of a measured server show. Worth nothing anywhere else. */
export const BENCH_KEY = 'bench-admin-key-of-the-benchmark';
