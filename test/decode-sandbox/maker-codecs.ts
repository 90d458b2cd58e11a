/** Decoders in the ways in which makers write them, for payloads that makers document, with uplinks and what they mean. */

export interface MakerCodec {
  readonly id: string
  readonly source: string
  readonly uplinks: readonly { readonly fPort: number; readonly hex: string; readonly gives: unknown }[]
}

const AM107: MakerCodec = {
  id: 'am107',
  source: `
    function decodeUplink(input) { return { data: readChannels(input.bytes) } }
    function Decode(fPort, bytes, variables) { return readChannels(bytes) }
    function readChannels(bytes) {
      var decoded = {};
      for (var i = 0; i < bytes.length; ) {
        var channel = bytes[i++], type = bytes[i++];
        switch (channel + '/' + type) {
          case '1/117': decoded.battery = bytes[i++]; break;
          case '3/103': decoded.temperature = int16(bytes.slice(i, i += 2)) / 10; break;
          case '4/104': decoded.humidity = bytes[i++] / 2; break;
          case '5/106': decoded.activity = int16(bytes.slice(i, i += 2)); break;
          case '7/125': decoded.co2 = int16(bytes.slice(i, i += 2)); break;
          case '8/125': decoded.tvoc = int16(bytes.slice(i, i += 2)); break;
          case '9/115': decoded.pressure = int16(bytes.slice(i, i += 2)) / 10; break;
          default: return decoded;
        }
      }
      return decoded;
    }
    function int16(pair) { var value = pair[1] << 8 | pair[0]; return value > 32767 ? value - 65536 : value }
    if (typeof module !== 'undefined' && module.exports) { module.exports = { decodeUplink: decodeUplink } }`,
  uplinks: [
    {
      fPort: 85,
      hex: '01755c03673401046865056a4900',
      gives: { battery: 92, temperature: 30.8, humidity: 50.5, activity: 73 },
    },
    { fPort: 85, hex: '077de704087d070009733f27', gives: { co2: 1255, tvoc: 7, pressure: 1004.7 } },
  ],
}

const TPS110: MakerCodec = {
  id: 'tps110',
  source: `
    var RESETS = { 3: 'system request' };
    function Decoder(bytes, port) {
      var decoded = {};
      if (port === 1) { decoded.type = 'parking status'; decoded.occupied = (bytes[0] & 1) === 1 }
      if (port === 2) {
        decoded.type = 'heartbeat';
        decoded.occupied = !!(bytes[0] & 0x1);
        if (bytes.length > 1) decoded.temperature = bytes[1] << 24 >> 24;
      }
      if (port === 3) {
        decoded.type = 'startup';
        decoded.debugCodes = [];
        for (at = 0; at < 12; at += 4) {
          code = bytes[at + 1] << 8 | bytes[at];
          if (code) decoded.debugCodes.push(code);
        }
        decoded.firmwareVersion = Array.prototype.slice.call(bytes, 12, 15).join('.');
        decoded.resetCause = RESETS[bytes[15]];
        decoded.occupied = bytes[16] == true;
      }
      return decoded;
    }`,
  uplinks: [
    { fPort: 1, hex: '01', gives: { type: 'parking status', occupied: true } },
    { fPort: 2, hex: '01ff', gives: { type: 'heartbeat', occupied: true, temperature: -1 } },
    {
      fPort: 3,
      hex: '240300007503000000000000001d020301',
      gives: {
        type: 'startup',
        debugCodes: [804, 885],
        firmwareVersion: '0.29.2',
        resetCause: 'system request',
        occupied: true,
      },
    },
  ],
}

const DL_MBX: MakerCodec = {
  id: 'dl-mbx',
  source: `
    const quantities = [
      { words: 2, values: [
        { name: 'distance', displayName: 'Distance', unit: 'mm', convert: words => words[0] },
        { name: 'number_of_valid_samples', displayName: 'Number of valid samples', convert: words => words[1] },
      ] },
      { words: 1, values: [
        { name: 'battery_voltage', displayName: 'Battery voltage', unit: 'V', convert: ([word]) => word / 1000 },
      ] },
    ];
    class Frame {
      constructor(bytes) { this.buffer = Buffer.from(bytes); this.at = 0 }
      byte() { return this.buffer.readUInt8(this.at++) }
      word() { this.at += 2; return this.buffer.readUInt16BE(this.at - 2) }
    }
    function Decode(fPort, bytes, variables) {
      const frame = new Frame(bytes);
      const data = { protocol_version: frame.byte(), device_id: frame.word() };
      let flags = frame.word();
      for (const { words, values } of quantities) {
        if (flags & 1) {
          const taken = Array.from({ length: words }, () => frame.word());
          for (const { name, convert, ...rest } of values) data[name] = { ...rest, value: convert(taken) };
        }
        flags >>= 1;
      }
      return data;
    }`,
  uplinks: [
    {
      fPort: 1,
      hex: '02012f000304d200010bb1',
      gives: {
        protocol_version: 2,
        device_id: 303,
        distance: { displayName: 'Distance', unit: 'mm', value: 1234 },
        number_of_valid_samples: { displayName: 'Number of valid samples', value: 1 },
        battery_voltage: { displayName: 'Battery voltage', unit: 'V', value: 2.993 },
      },
    },
  ],
}

const LSE01: MakerCodec = {
  id: 'lse01',
  source: `
    function decodeUplink(input) {
      var port = input.fPort, bytes = input.bytes, data = {};
      console.log('port', port, bytes);
      switch (port) {
        case 2:
          value = (bytes[0] << 8 | bytes[1]) & 0x3FFF;
          data.Bat = value / 1000;
          value = bytes[2] << 8 | bytes[3];
          if (bytes[2] & 0x80) { value |= 0xFFFF0000; }
          data.TempC_DS18B20 = (value / 10).toFixed(1);
          data.water_SOIL = ((bytes[4] << 8 | bytes[5]) / 100).toFixed(2);
          data.temp_SOIL = ((bytes[6] << 24 >> 16 | bytes[7]) / 100).toFixed(2);
          data.conduct_SOIL = bytes[8] << 8 | bytes[9];
          return { data: data };
        default:
          return { errors: ['unknown FPort'] };
      }
    }
    function normalizeUplink(input) { return { data: { soil: { temperature: Number(input.data.temp_SOIL) } } } }
    function encodeDownlink(input) { return { bytes: [], fPort: 1, warnings: [], errors: [] } }
    function decodeDownlink(input) { return { data: {} } }`,
  uplinks: [
    {
      fPort: 2,
      hex: 'ce2900f107a5099b6e2890',
      gives: {
        Bat: 3.625,
        TempC_DS18B20: '24.1',
        conduct_SOIL: 28200,
        temp_SOIL: '24.59',
        water_SOIL: '19.57',
      },
    },
    { fPort: 42, hex: 'ce2900f107a5099b6e2890', gives: 'DECODE_FAILED: codec lse01: unknown FPort' },
  ],
}

export const MAKER_CODECS: readonly MakerCodec[] = [AM107, TPS110, DL_MBX, LSE01]
