/** `node child.js ARM KEYS COUNT`: prints the times of one subject as JSON. */
import { measure } from './dict-arm'

const [arm, keys, count] = process.argv.slice(2) as [string, string, string]
console.log(JSON.stringify(measure(arm, keys, Number(count))))
