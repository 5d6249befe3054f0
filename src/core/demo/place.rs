//! The places of the atlas. Positions in degrees (WGS 84), heights in metres above the sea.

use super::proto::{Place, PlaceKind, Position};

use PlaceKind::{City, Lake, Landmark, Mountain};

/// A line of the table.
type Row = (
    &'static str,
    PlaceKind,
    &'static [&'static str],
    (f64, f64),
    i32,
    &'static str,
);

/// All places, in the order of the table.
pub(super) fn places() -> impl Iterator<Item = Place> {
    TABLE.iter().map(
        |&(name, kind, countries, position, elevation_m, fact)| Place {
            name: name.to_owned(),
            kind: kind.into(),
            countries: countries.iter().map(|&code| code.to_owned()).collect(),
            position: Some(Position {
                latitude: position.0,
                longitude: position.1,
            }),
            elevation_m,
            fact: fact.to_owned(),
        },
    )
}

#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("Reykjavík", City, &["IS"], (64.1466, -21.9426), 15, "Most of its houses are heated with water from the ground."),
    ("Edinburgh", City, &["GB"], (55.9533, -3.1883), 47, "Its castle stands on the plug of a volcano."),
    ("Dublin", City, &["IE"], (53.3498, -6.2603), 20, "The Liffey divides it into the north and the south side."),
    ("Lisbon", City, &["PT"], (38.7223, -9.1393), 2, "Trams of line 28 still climb its hills."),
    ("Madrid", City, &["ES"], (40.4168, -3.7038), 657, "Kilometre zero of the Spanish roads is at Puerta del Sol."),
    ("Paris", City, &["FR"], (48.8566, 2.3522), 35, "Its districts are numbered in a spiral from the middle."),
    ("Brussels", City, &["BE"], (50.8503, 4.3517), 13, "Street signs are in French and in Dutch."),
    ("Amsterdam", City, &["NL"], (52.3676, 4.9041), -2, "It stands on piles, below the level of the sea."),
    ("Berlin", City, &["DE"], (52.5200, 13.4050), 34, "It has more bridges than Venice."),
    ("Copenhagen", City, &["DK"], (55.6761, 12.5683), 14, "A bridge and a tunnel lead to Sweden."),
    ("Oslo", City, &["NO"], (59.9139, 10.7522), 23, "The underground takes you to the ski slopes."),
    ("Stockholm", City, &["SE"], (59.3293, 18.0686), 28, "It is built on fourteen islands."),
    ("Helsinki", City, &["FI"], (60.1699, 24.9384), 26, "A sea fortress on six islands guards its harbour."),
    ("Vienna", City, &["AT"], (48.2082, 16.3738), 171, "Wine is grown within the city."),
    ("Prague", City, &["CZ"], (50.0755, 14.4378), 235, "Its astronomical clock has been going since 1410."),
    ("Rome", City, &["IT"], (41.9028, 12.4964), 21, "Another state lies within it."),
    ("Athens", City, &["GR"], (37.9838, 23.7275), 70, "The Parthenon has stood above it for 24 centuries."),
    ("Istanbul", City, &["TR"], (41.0082, 28.9784), 40, "It lies on two continents."),
    ("Cairo", City, &["EG"], (30.0444, 31.2357), 23, "It is the largest city of the Arab world."),
    ("Marrakesh", City, &["MA"], (31.6295, -7.9811), 466, "Its walls are of red earth."),
    ("Nairobi", City, &["KE"], (-1.2921, 36.8219), 1795, "Lions live in a national park within sight of its towers."),
    ("Cape Town", City, &["ZA"], (-33.9249, 18.4241), 25, "A flat mountain stands behind it."),
    ("Mumbai", City, &["IN"], (19.0760, 72.8777), 14, "It grew from seven islands."),
    ("Kathmandu", City, &["NP"], (27.7172, 85.3240), 1400, "Clocks here are 5 hours 45 minutes ahead of UTC."),
    ("Singapore", City, &["SG"], (1.3521, 103.8198), 15, "City, island and state in one."),
    ("Tokyo", City, &["JP"], (35.6762, 139.6503), 40, "No urban area has more people."),
    ("Kyoto", City, &["JP"], (35.0116, 135.7681), 50, "It was the capital for more than a thousand years."),
    ("Seoul", City, &["KR"], (37.5665, 126.9780), 38, "Palaces and mountains stand in its middle."),
    ("Sydney", City, &["AU"], (-33.8688, 151.2093), 3, "The opera house looks like sails in the harbour."),
    ("Wellington", City, &["NZ"], (-41.2865, 174.7762), 13, "No capital of a sovereign state lies farther south."),
    ("Honolulu", City, &["US"], (21.3069, -157.8583), 6, "Very far from any other large city."),
    ("San Francisco", City, &["US"], (37.7749, -122.4194), 16, "Cable cars are pulled by a rope under the street."),
    ("New York", City, &["US"], (40.7128, -74.0060), 10, "Ferries to Staten Island cost nothing."),
    ("Mexico City", City, &["MX"], (19.4326, -99.1332), 2240, "It stands on the bed of a lake."),
    ("Quito", City, &["EC"], (-0.1807, -78.4678), 2850, "The equator passes just north of it."),
    ("Buenos Aires", City, &["AR"], (-34.6037, -58.3816), 25, "Its widest avenue takes more than one green light to cross."),
    ("Mont Blanc", Mountain, &["FR", "IT"], (45.8326, 6.8652), 4806, "The highest summit of the Alps."),
    ("Matterhorn", Mountain, &["CH", "IT"], (45.9763, 7.6586), 4478, "First climbed in 1865."),
    ("Mount Everest", Mountain, &["CN", "NP"], (27.9881, 86.9250), 8849, "Nothing on land is higher."),
    ("Kilimanjaro", Mountain, &["TZ"], (-3.0674, 37.3556), 5895, "The highest mountain of Africa, and a volcano."),
    ("Mount Fuji", Mountain, &["JP"], (35.3606, 138.7274), 3776, "It last erupted in 1707."),
    ("Aconcagua", Mountain, &["AR"], (-32.6532, -70.0109), 6961, "The highest summit outside Asia."),
    ("Denali", Mountain, &["US"], (63.0692, -151.0070), 6190, "The highest summit of North America."),
    ("Lake Baikal", Lake, &["RU"], (53.5587, 108.1650), 456, "The deepest lake there is: more than 1,600 metres."),
    ("Lake Titicaca", Lake, &["BO", "PE"], (-15.8422, -69.7020), 3812, "People live on islands of reed."),
    ("Loch Ness", Lake, &["GB"], (57.3229, -4.4244), 16, "More water than all lakes of England and Wales together."),
    ("Greenwich Observatory", Landmark, &["GB"], (51.4769, 0.0), 46, "Longitudes are counted from here."),
    ("Great Pyramid of Giza", Landmark, &["EG"], (29.9792, 31.1342), 60, "For some 3,800 years nothing built by people was taller."),
    ("Machu Picchu", Landmark, &["PE"], (-13.1631, -72.5450), 2430, "Built without mortar in the fifteenth century."),
    ("Uluru", Landmark, &["AU"], (-25.3444, 131.0369), 863, "One rock, nine kilometres around."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::geo;

    #[test]
    fn every_place_is_on_the_globe_and_its_name_is_its_own() {
        let mut names = std::collections::HashSet::new();
        for place in places() {
            assert!(geo::check("position", place.position).is_ok(), "{place:?}");
            assert!(names.insert(place.name.to_lowercase()), "{place:?}");
        }
        assert!(names.len() >= 40);
    }
}
