// Labels an image with its colours, by a histogram; no model looks at what is on it: node classifier.js SOURCE [RESULT]
//   SOURCE  an http(s):// URL, or s3://bucket/key
//   RESULT  s3://bucket/key for the JSON, which is also printed
// Without arguments, S3_BUCKET, INPUT_KEY and OUTPUT_KEY say where.
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { intToRGBA, Jimp } from 'jimp';

const COLOURS = {
  black: [20, 20, 20], grey: [128, 128, 128], white: [240, 240, 240], red: [200, 30, 30], orange: [240, 140, 30],
  yellow: [240, 220, 60], green: [40, 150, 60], blue: [40, 80, 200], purple: [130, 50, 160], brown: [110, 70, 40],
};

const METHOD = 'colour histogram';

// Labels with scores, the best first: each colour, and its share of the image. A model could stand here in its place.
async function classify(bytes) {
  const image = (await Jimp.fromBuffer(bytes)).resize({ w: 64, h: 64 });
  const counts = {};
  image.scan((x, y) => {
    const name = nearest(intToRGBA(image.getPixelColor(x, y)));
    counts[name] = (counts[name] ?? 0) + 1;
  });
  const labels = Object.entries(counts).map(([label, count]) => ({ label, score: count / (64 * 64) }));
  return labels.sort((one, other) => other.score - one.score).slice(0, 5);
}

function nearest({ r, g, b }) {
  const distance = ([, [red, green, blue]]) => (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2;
  return Object.entries(COLOURS).reduce((best, one) => (distance(one) < distance(best) ? one : best))[0];
}

function inS3(url) {
  const { protocol, host: Bucket, pathname } = new URL(url);
  return protocol === 's3:' ? { Bucket, Key: decodeURIComponent(pathname.slice(1)) } : undefined;
}

async function read(url) {
  const place = inS3(url);
  if (place) return (await new S3Client().send(new GetObjectCommand(place))).Body.transformToByteArray();
  const response = await fetch(url, { signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}

const { S3_BUCKET, INPUT_KEY, OUTPUT_KEY } = process.env;
const inBucket = (key) => S3_BUCKET && key && `s3://${S3_BUCKET}/${key}`;
const [source = inBucket(INPUT_KEY), result = inBucket(OUTPUT_KEY)] = process.argv.slice(2);
try {
  if (!source) throw new Error('give the URL of an image: node classifier.js SOURCE [RESULT]');
  console.log(`reading ${source}`);
  const bytes = Buffer.from(await read(source));
  console.log(`counting the colours of ${bytes.length} bytes`);
  const found = JSON.stringify({ source, method: METHOD, labels: await classify(bytes) });
  console.log(found);
  if (result) {
    const place = inS3(result);
    if (!place) throw new Error(`the result goes to s3://bucket/key, not to ${result}`);
    await new S3Client().send(new PutObjectCommand({ ...place, Body: found, ContentType: 'application/json' }));
    console.log(`wrote ${result}`);
  }
} catch (error) {
  console.error(`${error.name}: ${error.message}${error.cause ? ` (${error.cause.message})` : ''}`);
  process.exitCode = 1;
}
