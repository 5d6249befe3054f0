//! Distances and boxes on the globe.

use super::{
    proto::{Box as MapBox, Position},
    rich::invalid,
};
use tonic::Status;

/// Mean radius of the Earth (IUGG).
const EARTH_RADIUS_KM: f64 = 6371.0088;

/// Checks a position that came from outside.
///
/// # Errors
/// `INVALID_ARGUMENT` that names the field, when it is absent or not on the globe.
pub(super) fn check(field: &str, position: Option<Position>) -> Result<Position, Status> {
    let Some(position) = position else {
        return Err(invalid(field, "is missing"));
    };
    // A range holds no NaN, so that is refused as well.
    if !(-90.0..=90.0).contains(&position.latitude) {
        let field = format!("{field}.latitude");
        return Err(invalid(&field, "is not between -90 and 90"));
    }
    if !(-180.0..=180.0).contains(&position.longitude) {
        let field = format!("{field}.longitude");
        return Err(invalid(&field, "is not between -180 and 180"));
    }
    Ok(position)
}

/// Distance over the ground of a round Earth (haversine): at most half a per cent wrong.
pub(super) fn distance_km(a: &Position, b: &Position) -> f64 {
    let half_latitude = (b.latitude - a.latitude).to_radians() / 2.0;
    let half_longitude = (b.longitude - a.longitude).to_radians() / 2.0;
    let h = half_latitude.sin().powi(2)
        + a.latitude.to_radians().cos()
            * b.latitude.to_radians().cos()
            * half_longitude.sin().powi(2);
    // Rounding may lift it above 1 at the antipodes, where `asin` has no value.
    2.0 * EARTH_RADIUS_KM * h.sqrt().min(1.0).asin()
}

/// A box whose corners are on the globe.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    south_west: Position,
    north_east: Position,
}

impl Bounds {
    /// Checks a box that came from outside.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` that names the corner.
    pub(super) fn check(field: &str, within: &MapBox) -> Result<Self, Status> {
        Ok(Self {
            south_west: check(&format!("{field}.south_west"), within.south_west)?,
            north_east: check(&format!("{field}.north_east"), within.north_east)?,
        })
    }

    /// Whether a position is inside, edges included.
    pub(super) fn contains(&self, position: &Position) -> bool {
        let (west, east) = (self.south_west.longitude, self.north_east.longitude);
        let longitude = position.longitude;
        let inside = if west <= east {
            (west..=east).contains(&longitude)
        } else {
            longitude >= west || longitude <= east
        };
        inside && (self.south_west.latitude..=self.north_east.latitude).contains(&position.latitude)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(latitude: f64, longitude: f64) -> Position {
        Position {
            latitude,
            longitude,
        }
    }

    #[test]
    fn distances_are_those_of_a_round_earth() {
        let cases = [
            ("the same place", at(52.0, 4.0), at(52.0, 4.0), 0.0),
            (
                "a degree of the equator",
                at(0.0, 0.0),
                at(0.0, 1.0),
                111.195,
            ),
            ("pole to pole", at(90.0, 0.0), at(-90.0, 0.0), 20_015.115),
            (
                "over the date line",
                at(0.0, 179.5),
                at(0.0, -179.5),
                111.195,
            ),
        ];
        for (case, a, b, expected) in cases {
            let found = distance_km(&a, &b);
            assert!((found - expected).abs() < 0.01, "{case}: {found}");
        }
    }

    #[test]
    fn positions_off_the_globe_are_refused() {
        let cases = [
            ("absent", None),
            ("too far north", Some(at(90.1, 0.0))),
            ("too far west", Some(at(0.0, -180.1))),
            ("not a number", Some(at(f64::NAN, 0.0))),
            ("infinite", Some(at(0.0, f64::INFINITY))),
        ];
        for (case, position) in cases {
            let status = check("position", position).unwrap_err();
            assert_eq!(status.code(), tonic::Code::InvalidArgument, "{case}");
            assert!(status.message().starts_with("`position"), "{case}");
        }
        assert!(check("position", Some(at(-90.0, 180.0))).is_ok());
    }

    #[test]
    fn a_box_may_cross_the_date_line() {
        let pacific = Bounds {
            south_west: at(-50.0, 170.0),
            north_east: at(30.0, -150.0),
        };
        assert!(pacific.contains(&at(-41.3, 174.8)), "Wellington");
        assert!(pacific.contains(&at(21.3, -157.9)), "Honolulu");
        assert!(!pacific.contains(&at(-33.9, 151.2)), "Sydney");
    }
}
