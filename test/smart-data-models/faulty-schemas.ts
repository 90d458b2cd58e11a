/** What is wrong with the published Smart Data Models, as of the middle of 2026. A test notices when one of them is put right. */

/** Types whose schema refuses the example that is published with it, and why. */
export const EXAMPLE_REFUSED: Readonly<Record<string, readonly string[]>> = {
  // The example has a time without a zone, and a total of particles that is no integer.
  AirQualityObserved: ['/dateObserved must match format "date-time"', '/tsp must be integer'],
}

/** Types whose schema says that it is published elsewhere: a validator that goes by `$id` mistakes one for another. */
export const ADDRESS_WRONG: readonly string[] = [
  ...['ACMeasurement', 'Alert', 'Anomaly', 'Camera', 'ElectroMagneticObserved', 'Garden', 'GreenspaceRecord'],
  ...['IndoorEnvironmentObserved', 'InverterDevice', 'ItemFlowObserved', 'OpenChannel', 'PhotovoltaicDevice'],
  ...['PhotovoltaicMeasurement', 'PhreaticObserved', 'RainFallRadarObserved', 'StreetlightFeeder'],
  // It gives the address of Streetlight.
  'StreetlightModel',
  ...['TechnicalCabinetDevice', 'TrafficViolation', 'WasteWaterTank', 'WaterConsumptionObserved'],
]

/**
 * Attributes that we send although the model has none of that name, and why. No schema forbids others, and the terms are those
 * that other models of the same family use.
 */
export const BEYOND_MODEL: Readonly<Record<string, readonly string[]>> = {
  // No model has this gas.
  AirQualityObserved: ['formaldehyde'],
  // Most devices tell the voltage of their battery, of which a share could only be guessed, and some how warm it is inside.
  Device: ['batteryVoltage', 'temperature'],
  // The models that have no reference to a device get the one that all others have.
  FloodMonitoring: ['refDevice'],
  // The term that AirQualityObserved uses for the same gases outdoors.
  IndoorEnvironmentObserved: ['volatileOrganicCompoundsTotal'],
  // A meter's temperature of the water says when a pipe is about to freeze.
  WaterConsumptionObserved: ['refDevice', 'temperature'],
  WaterQualityObserved: ['refDevice'],
  // A counter of rain fills the gaps that lost messages leave, and no model has the temperature of a road.
  WeatherObserved: ['cumulativePrecipitation', 'surfaceTemperature'],
}

/**
 * Limits that hold real devices off: the profile says less, not something else.
 * - IndoorEnvironmentObserved.temperature is at least 0; AirQualityObserved.windDirection is -180 to 180, where devices send 0 to 360.
 * - WaterConsumptionObserved.waterConsumption, maxFlow and minFlow are integers: litres fit, cubic metres do not.
 * - NoiseLevelObserved wants a beginning and an end, though a meter knows an instant: the interval of the profile gives the beginning.
 * - ParkingSpot.refDevice, Streetlight.refDevice, WasteContainer.refDevice and others are lists, even of one.
 */
