/** The transforms of expressions by name: the 45 of the FIWARE agents. What each does is in the map stage. */

/** How many arguments a transform takes beside the value that is piped into it. */
interface TransformShape {
  readonly argumentsMin: number
  readonly argumentsMax: number
  /** The first argument is a regular expression, which must be a constant. */
  readonly hasPattern: boolean
}

const TRANSFORMS = {
  jsonparse: takes(0),
  jsonstringify: takes(0),
  indexOf: takes(1),
  length: takes(0),
  trim: takes(0),
  substr: takes(1, 2),
  addreduce: takes(0),
  lengtharray: takes(0),
  typeof: takes(0),
  isarray: takes(0),
  isnan: takes(0),
  parseint: takes(0),
  parsefloat: takes(0),
  toisodate: takes(0),
  timeoffset: takes(0),
  tostring: takes(0),
  urlencode: takes(0),
  urldecode: takes(0),
  replacestr: takes(2),
  replaceregexp: takesPattern(2),
  replaceallregexp: takesPattern(2),
  split: takes(1),
  joinarrtostr: takes(1),
  concatarr: takes(1),
  mapper: takes(2),
  thmapper: takes(2),
  bitwisemask: takes(3),
  slice: takes(0, 2),
  addset: takes(1),
  removeset: takes(1),
  touppercase: takes(0),
  tolowercase: takes(0),
  floor: takes(0),
  ceil: takes(0),
  round: takes(0),
  tofixed: takes(0, 1),
  gettime: takes(0),
  toisostring: takes(0),
  localestring: takes(0, 2),
  localestringnumber: takes(0, 2),
  now: takes(0),
  hextostring: takes(0),
  valuePicker: takes(1),
  valuePickerMulti: takes(1),
  hash: takes(0),
} as const satisfies Readonly<Record<string, TransformShape>>

export type TransformName = keyof typeof TRANSFORMS

export const TRANSFORM_NAMES: readonly TransformName[] = Object.keys(TRANSFORMS) as TransformName[]

export function isTransformName(name: string): name is TransformName {
  return Object.hasOwn(TRANSFORMS, name)
}

export function getTransformShape(name: TransformName): TransformShape {
  return TRANSFORMS[name]
}

function takes(argumentsMin: number, argumentsMax = argumentsMin): TransformShape {
  return { argumentsMin, argumentsMax, hasPattern: false }
}

function takesPattern(count: number): TransformShape {
  return { ...takes(count), hasPattern: true }
}
