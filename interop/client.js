// One scene of node's http client against the server: node client.js SCENE PORT. Prints "ok" or fails.
'use strict';
const http = require('node:http');
const assert = require('node:assert');

const [scene, port] = [process.argv[2], Number(process.argv[3])];
const limit = setTimeout(() => {
  console.error('no end after 60 s');
  process.exit(1);
}, 60000);
limit.unref();

function pattern(size) {
  const bytes = Buffer.alloc(size);
  for (let index = 0; index < size; index++) bytes[index] = (index * 31 + (index >> 8)) & 0xff;
  return bytes;
}

function ask(options, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, ...options }, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => {
        assert(response.complete);
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces), reused: request.reusedSocket });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

const scenes = {
  // 200 requests one after the other on one connection.
  async 'keep-alive'() {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    let fresh = 0;
    for (let index = 0; index < 200; index++) {
      const path = ['/plaintext', '/1k', '/bytes/' + index, '/nothing', '/stream?chunks=2&ms=1'][index % 5];
      const answer = await ask({ agent, path });
      assert.strictEqual(answer.status, path === '/nothing' ? 404 : 200);
      if (!answer.reused) fresh++;
    }
    agent.destroy();
    assert.strictEqual(fresh, 1, fresh + ' connections');
  },

  // Bodies with a length and chunked.
  async upload() {
    const agent = new http.Agent({ keepAlive: true });
    const body = pattern(3 << 20);
    const known = await ask({ agent, method: 'POST', path: '/echo', headers: { 'Content-Length': body.length } }, body);
    assert(known.status === 200 && known.body.equals(body));
    const chunked = await ask({ agent, method: 'POST', path: '/echo', headers: { 'Transfer-Encoding': 'chunked' } }, body);
    assert(chunked.status === 200 && chunked.body.equals(body));
    agent.destroy();
  },

  // The echo of one piece is awaited before the next is sent.
  duplex() {
    return new Promise((resolve, reject) => {
      const request = http.request({ host: '127.0.0.1', port, method: 'POST', path: '/echo', headers: { 'Transfer-Encoding': 'chunked' } });
      const piece = pattern(10000);
      let sent = 0;
      let received = 0;
      const next = () => {
        if (sent === 20) return request.end();
        sent++;
        request.write(piece);
      };
      request.on('error', reject);
      request.on('response', (response) => {
        response.on('data', (data) => {
          received += data.length;
          if (received === sent * piece.length) next();
        });
        response.on('error', reject);
        response.on('end', () => (received === 200000 ? resolve() : reject(new Error(received + ' bytes'))));
      });
      next();
    });
  },

  // The body goes out when 100 Continue has come.
  expect() {
    return new Promise((resolve, reject) => {
      const body = pattern(100000);
      const request = http.request({
        host: '127.0.0.1', port, method: 'POST', path: '/echo',
        headers: { Expect: '100-continue', 'Content-Length': body.length },
      });
      let continued = false;
      request.on('continue', () => {
        continued = true;
        request.end(body);
      });
      request.on('error', reject);
      request.on('response', (response) => {
        const pieces = [];
        response.on('data', (data) => pieces.push(data));
        response.on('end', () => (continued && Buffer.concat(pieces).equals(body) ? resolve() : reject(new Error('no echo'))));
      });
      request.flushHeaders();
    });
  },

  // Downloads left in the middle do not disturb the next ones.
  async abort() {
    for (let index = 0; index < 20; index++) {
      await new Promise((resolve, reject) => {
        const request = http.get({ host: '127.0.0.1', port, path: '/bytes/50000000' }, (response) => {
          response.once('data', () => {
            response.destroy();
            resolve();
          });
        });
        request.on('error', reject);
      });
    }
    const answer = await ask({ path: '/plaintext' });
    assert.strictEqual(answer.body.toString(), 'Hello, World!');
  },
};

scenes[scene]().then(
  () => console.log('ok'),
  (cause) => {
    console.error(cause);
    process.exit(1);
  },
);
