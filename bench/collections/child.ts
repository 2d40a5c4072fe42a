/** `node child.js ARM KEYS COUNT`: prints what was measured of one subject as JSON. */
import { measureCache } from './cache-arm'
import { measure } from './dict-arm'

const [arm, keys, count] = process.argv.slice(2) as [string, string, string]
if (keys === 'cache') console.log(JSON.stringify(measureCache(arm, Number(count), 0)))
else if (keys === 'scans') console.log(JSON.stringify(measureCache(arm, Number(count), 0.25)))
else console.log(JSON.stringify(measure(arm, keys, Number(count))))
