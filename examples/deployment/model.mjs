// A file that automtl exported, in a browser: what it says of itself, and its predictions.

import * as ort from "./node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs";

ort.env.wasm.numThreads = 1; // more of them need a page that is isolated from other origins

const METADATA = 14; // the field of ModelProto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const STRINGS = ["categorical", "text"]; // kinds of input columns; all others are numbers

/**
 * Loads a model.
 *
 * `schema` is what the file says of its `inputs` and `outputs`. `predict` takes rows, each an object
 * with a value for each input: text, or a number (0 and 1 for booleans, seconds since 1970 in UTC for
 * date-times), or null where it is unknown. For each row it gives an object with `value`, and
 * `probabilities` where there are any, for each task.
 */
export async function load(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const schema = JSON.parse(metadata(bytes)["automtl.schema"]);
  const session = await ort.InferenceSession.create(bytes);
  return { schema, predict: (rows) => predict(session, schema, rows) };
}

async function predict(session, schema, rows) {
  const feeds = schema.inputs.map((input) => [input.name, tensor(input, rows)]);
  const found = await session.run(Object.fromEntries(feeds));
  return rows.map((_, row) =>
    Object.fromEntries(schema.outputs.map((output) => [output.task, prediction(output, found, row)])),
  );
}

/** One column of the rows, `[rows, 1]`. */
function tensor(input, rows) {
  const values = rows.map((row) => row[input.name] ?? null);
  const shape = [rows.length, 1];
  return STRINGS.includes(input.kind)
    ? new ort.Tensor("string", values.map((value) => value ?? ""), shape)
    : new ort.Tensor("float64", values.map((value) => value ?? NaN), shape);
}

/** What was predicted for one task in one row. */
function prediction(output, found, row) {
  const value = named(output.members, cells(found[output.name], row));
  if (!output.probability) return { value };
  const likely = cells(found[output.probability], row);
  return { value, probabilities: named(output.members ?? output.classes, likely) };
}

/** The values of one row of a tensor `[rows]` or `[rows, width]`. */
function cells(tensor, row) {
  const width = tensor.dims[1] ?? 1;
  return Array.from(tensor.data.slice(row * width, (row + 1) * width), (value) =>
    typeof value === "bigint" ? Number(value) : value,
  );
}

function named(names, values) {
  return names ? Object.fromEntries(names.map((name, at) => [name, values[at]])) : values[0];
}

/** The metadata of an ONNX file, which onnxruntime-web does not give. */
function metadata(bytes) {
  const text = new TextDecoder();
  const entries = fields(bytes).filter(([number]) => number === METADATA);
  return Object.fromEntries(
    entries.map(([, entry]) => fields(entry).map(([, content]) => text.decode(content))),
  );
}

/** The numbers and contents of the fields of a protobuf message, but those that are integers. */
function fields(bytes) {
  const found = [];
  let at = 0;
  const integer = () => {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * unit;
      if (!(byte > 127)) return value; // also at the end of a file that was cut off
    }
  };
  while (at < bytes.length) {
    const tag = integer();
    const size = integer(); // of the content, or the integer itself
    if (tag % 8 === 0) continue;
    if (tag % 8 !== 2) throw new Error("This is not an ONNX file.");
    found.push([Math.floor(tag / 8), bytes.subarray(at, at + size)]);
    at += size;
  }
  return found;
}
