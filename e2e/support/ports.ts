/**
 * Where the browser tests find the studio. `npm test` chooses free ports, so that it cannot meet
 * another checkout's server; by hand the defaults are those of `npm start`.
 */
const studio = process.env['WHITTLE_STUDIO_PORT'];
const plainHost = process.env['WHITTLE_PLAIN_HOST_PORT'];

export const ports = {
  studio: Number(studio ?? 4173),
  plainHost: Number(plainHost ?? 4174),
  chosen: studio !== undefined,
} as const;
