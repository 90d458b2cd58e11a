/** The sensors of Kranj, at real places. Positions are right to about a hundred metres; the sensors themselves are made up. */
import type { Profile, Sensor } from './sensor.ts'

export const TOWN: readonly Sensor[] = [
  ...place('nwave-nps405', [
    ['0004a30b00f1a3c1', 'Slovenski trg, parkirno mesto 1', 14.3549, 46.2434, kerb('slovenski-trg')],
    ['0004a30b00f1a3d4', 'Slovenski trg, parkirno mesto 2', 14.355, 46.2434, kerb('slovenski-trg')],
    ['0004a30b00f1a40e', 'Parkirišče Huje, mesto 14', 14.3607, 46.2427, carPark('huje')],
    ['0004a30b00f1a41b', 'Parkirišče Huje, mesto 15', 14.3608, 46.2427, carPark('huje')],
    ['0004a30b00f1a5f7', 'Parkirišče Čukova jama, mesto 3', 14.3588, 46.2407, carPark('cukova-jama')],
    ['0004a30b00f1a6aa', 'Kolodvorska cesta, parkiraj in se pelji 8', 14.3475, 46.2393, carPark('kolodvor')],
  ]),
  ...place('decentlab-dl-pm', [
    ['70b3d57ba0001b5a', 'Glavni trg', 14.3556, 46.2389],
    ['70b3d57ba0001b6c', 'Jezerska cesta, Primskovo', 14.3671, 46.2528],
    ['70b3d57ba0001b7e', 'Škofjeloška cesta, Stražišče', 14.3402, 46.2326],
  ]),
  ...place('milesight-ws302', [
    ['24e124743c1a0b2f', 'Maistrov trg', 14.3547, 46.2413],
    ['24e124743c1a0b8d', 'Koroška cesta', 14.3521, 46.2449],
    ['24e124743c1a0c4e', 'Ljubljanska cesta, Labore', 14.3672, 46.2252],
  ]),
  ...place('milesight-em400-mud', [
    ['24e124713b49a01c', 'Ekološki otok Planina, papir', 14.3692, 46.2419, bin(1.3, 'paper')],
    ['24e124713b49a02d', 'Ekološki otok Zlato polje, steklo', 14.3489, 46.2514, bin(1.6, 'glass')],
    ['24e124713b49a03e', 'Ekološki otok Stražišče, embalaža', 14.3387, 46.2334, bin(1.3, 'plastic')],
    ['24e124713b49a04f', 'Ekološki otok Primskovo, papir', 14.3683, 46.2541, bin(1.3, 'paper')],
    ['24e124713b49a05a', 'Ekološki otok Struževo, steklo', 14.3335, 46.2507, bin(1.6, 'glass')],
    [
      '24e124713b49a06b',
      'Ekološki otok Drulovka, embalaža',
      14.3688,
      46.2181,
      bin(1.3, 'plastic'),
      { fault: 'silent' },
    ],
  ]),
  ...place('decentlab-dl-mbx', [
    ['70b3d57ba0000b3f', 'Sava, Delavski most', 14.3541, 46.2343, { referenceLevel: 6.5, alertLevel: 4.1 }],
    ['70b3d57ba0000b4c', 'Kokra, most v kanjonu', 14.3585, 46.2412, { referenceLevel: 4.8, alertLevel: 2.9 }],
  ]),
  ...place('milesight-vs133', [
    ['24e124716c50912e', 'Prešernova ulica', 14.3553, 46.2399],
    ['24e124716c50917b', 'Maistrov trg, vhod v staro mesto', 14.3548, 46.2415],
  ]),
  ...place('dragino-lse01', [
    ['a840417e3184d0c5', 'Prešernov gaj', 14.3569, 46.2449, park('presernov-gaj')],
    ['a840417e3184d0f9', 'Park La Ciotat', 14.3538, 46.2428, park('la-ciotat')],
    ['a840417e3184d1ab', 'Otroško igrišče Planina', 14.3711, 46.2411, park('planina')],
  ]),
  ...place('aqara-wsdcgq11lm', [
    [
      'os_simona_jenka_ucilnica_3',
      'OŠ Simona Jenka, učilnica 3',
      14.3602,
      46.2468,
      { floor: 1 },
      { rhythm: 'school' },
    ],
    [
      'os_franceta_preserna_telovadnica',
      'OŠ Franceta Prešerna, telovadnica',
      14.3478,
      46.2526,
      { floor: 0 },
      { rhythm: 'school' },
    ],
    [
      'os_matije_copa_jedilnica',
      'OŠ Matije Čopa, jedilnica',
      14.3708,
      46.2407,
      { floor: 0 },
      { rhythm: 'school' },
    ],
    [
      'os_strazisce_knjiznica',
      'OŠ Stražišče, knjižnica',
      14.3384,
      46.2325,
      { floor: 2 },
      { rhythm: 'school' },
    ],
    [
      'mestna_knjiznica_citalnica',
      'Mestna knjižnica Kranj, čitalnica',
      14.3539,
      46.2432,
      { floor: 1 },
      { rhythm: 'office' },
    ],
    [
      'stara_kotlovnica',
      'Gasilsko-reševalna služba Kranj, stara kotlovnica',
      14.3532,
      46.2462,
      { floor: -1 },
      { fault: 'nonsense' },
    ],
  ]),
  ...place('shelly-pro-3em', [
    [
      'shellypro3em-34987a45d21c',
      'Mestna občina Kranj, Slovenski trg 1',
      14.3553,
      46.2437,
      {},
      { rhythm: 'office' },
    ],
    [
      'shellypro3em-34987a45d3fe',
      'Prižigališče javne razsvetljave, Koroška cesta',
      14.3509,
      46.2456,
      {},
      { rhythm: 'lighting' },
    ],
    [
      'shellypro3em-34987a45d4a8',
      'Pokriti olimpijski bazen Kranj, Partizanska cesta 37',
      14.3567,
      46.2501,
      {},
      { rhythm: 'pool' },
    ],
  ]),
  ...place('kamstrup-multical-21', [
    ['76351204', 'Mestna hiša, Glavni trg 4', 14.3558, 46.2386],
    ['76351217', 'Zdravstveni dom Kranj, Gosposvetska ulica', 14.3524, 46.2473],
    ['76351233', 'OŠ Jakoba Aljaža, Planina', 14.3719, 46.2381],
    ['76351248', 'Vrtec Janina, Planina', 14.3668, 46.2431],
  ]),
  ...place('sonoff-pow-r2', [
    ['tasmota_3C71BF', 'Vodnjak na Glavnem trgu', 14.3556, 46.2391, {}, { rhythm: 'fountain' }],
    [
      'tasmota_3C7A0E',
      'Izposoja električnih koles, Slovenski trg',
      14.3552,
      46.2432,
      {},
      { rhythm: 'charging' },
    ],
    ['tasmota_3C82D5', 'Izposoja električnih koles, Planina', 14.3687, 46.2424, {}, { rhythm: 'charging' }],
  ]),
  ...place('generic-water-level', [
    ['vodostaj-rupovscica', 'Rupovščica, Kokrica', 14.3581, 46.2648],
    ['vodostaj-sava-majdicev-log', 'Sava, Majdičev log', 14.3529, 46.2362],
  ]),
]

/** One line of the table: device, place, longitude, latitude, attributes, and how it behaves. */
type Line = readonly [
  device: string,
  name: string,
  longitude: number,
  latitude: number,
  attributes?: Sensor['attributes'],
  behaviour?: Pick<Sensor, 'rhythm' | 'fault'>,
]

function place(profile: Profile, lines: readonly Line[]): Sensor[] {
  return lines.map(([device, name, longitude, latitude, attributes = {}, behaviour = {}]) => ({
    device,
    profile,
    name,
    location: [longitude, latitude],
    placement: isInside(profile) ? 'indoor' : 'outdoor',
    attributes,
    ...behaviour,
  }))
}

/** A space along a street. `052` is the number of the municipality in Slovenia's register. */
function kerb(site: string): Sensor['attributes'] {
  return { category: ['onStreet'], refParkingSite: `urn:ngsi-ld:OnStreetParking:052:${site}` }
}

/** A space in a car park. */
function carPark(site: string): Sensor['attributes'] {
  return { category: ['offStreet'], refParkingSite: `urn:ngsi-ld:OffStreetParking:052:${site}` }
}

function bin(heightMetres: number, kind: string): Sensor['attributes'] {
  return { binHeight: heightMetres, storedWasteKind: kind }
}

function park(name: string): Sensor['attributes'] {
  return { refGreenspace: `urn:ngsi-ld:Greenspace:052:${name}` }
}

/** Types that hang inside buildings; all others are out in the street. */
function isInside(profile: Profile): boolean {
  return profile === 'aqara-wsdcgq11lm' || profile === 'shelly-pro-3em' || profile === 'kamstrup-multical-21'
}
