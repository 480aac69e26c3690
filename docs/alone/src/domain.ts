import {
  encodeJson,
  formatGoDuration,
  parseByteSize,
  parseGoDuration,
  redactUrlCredentials,
  Secret,
} from '@steppe/domain';

console.log(formatGoDuration(parseGoDuration('1h30m') * 2n), parseByteSize('2M'));

const token = new Secret('hunter2');
console.log(String(token), JSON.stringify({ token }), token.reveal().length);
console.log(redactUrlCredentials('postgres://app:hunter2@db/orders'));

// Keys in byte order, integers of any size, bytes as base64: the JSON of the API.
console.log(encodeJson({ Name: 'srv-a', Index: 2n ** 63n, Key: new Uint8Array([1, 2, 3]), Addr: null }));
