// node's own HTTP/2 client against the server: http2_client.js ORIGIN. Prints "ok" when all held.
'use strict';
const http2 = require('http2');
const crypto = require('crypto');
const assert = require('assert');

const origin = process.argv[2];
const sha = data => crypto.createHash('sha256').update(data).digest('hex');
const session = () => http2.connect(origin, { rejectUnauthorized: false });

function exchange(client, headers, body) {
  return new Promise((resolve, reject) => {
    const request = client.request(headers);
    const pieces = [];
    let head;
    request.on('response', seen => { head = seen; });
    request.on('data', piece => pieces.push(piece));
    request.on('end', () => resolve({ head, body: Buffer.concat(pieces) }));
    request.on('error', reject);
    request.end(body);
  });
}

async function main() {
  const client = session();
  const plain = await exchange(client, { ':path': '/plaintext' });
  assert.strictEqual(plain.head[':status'], 200);
  assert.strictEqual(plain.body.toString(), 'Hello, World!');

  const large = await exchange(client, { ':path': '/1m' });
  assert.strictEqual(sha(large.body), sha(Buffer.alloc(1 << 20, 'x')));

  const upload = crypto.randomBytes(3000000);
  const echo = await exchange(client, { ':path': '/echo', ':method': 'POST' }, upload);
  assert.strictEqual(sha(echo.body), sha(upload));

  const head = await exchange(client, { ':path': '/1m', ':method': 'HEAD' });
  assert.strictEqual(head.head['content-length'], '1048576');
  assert.strictEqual(head.body.length, 0);

  const many = [];
  for (let i = 0; i < 100; i++) {
    many.push(exchange(client, { ':path': '/bytes/' + i * 100 }).then(got => assert.strictEqual(got.body.length, i * 100)));
  }
  await Promise.all(many);

  // a duplex conversation on one stream
  await new Promise((resolve, reject) => {
    const talk = client.request({ ':path': '/echo', ':method': 'POST' });
    let round = 0, seen = '';
    talk.setEncoding('utf8');
    talk.on('error', reject);
    talk.on('data', piece => {
      seen += piece;
      if (seen === 'round ' + round + ';') {
        seen = '';
        if (++round === 20) talk.end(); else talk.write('round ' + round + ';');
      }
    });
    talk.on('end', () => round === 20 ? resolve() : reject(new Error('ended in round ' + round)));
    talk.write('round 0;');
  });

  // cancelled in the middle; the session goes on
  await new Promise((resolve, reject) => {
    const stopped = client.request({ ':path': '/bytes/1000000000' });
    stopped.on('error', reject);
    stopped.on('close', resolve);
    stopped.once('data', () => stopped.close(http2.constants.NGHTTP2_CANCEL));
  });
  await new Promise((resolve, reject) => client.ping((error, duration) => error ? reject(error) : resolve(duration)));
  assert.strictEqual((await exchange(client, { ':path': '/plaintext' })).body.toString(), 'Hello, World!');

  // many sessions at once
  await Promise.all(Array.from({ length: 10 }, async () => {
    const own = session();
    for (let i = 0; i < 10; i++) {
      assert.strictEqual((await exchange(own, { ':path': '/1k' })).body.length, 1024);
    }
    own.close();
  }));

  await new Promise(resolve => client.close(resolve));
  console.log('ok');
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
