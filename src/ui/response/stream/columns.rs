//! Where the columns of the table are.

use crate::app::{Column, ColumnKind, Columns};

/// A column in its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed<'a> {
    pub(super) kind: &'a ColumnKind,
    /// Its left edge, from the left edge of the table's content.
    pub(super) x: f32,
    pub(super) width: f32,
}

/// Puts the columns beside each other. The preview takes what the others leave of `room`, and not less
/// than its own width; the content may be wider than the room.
pub(super) fn placed(columns: &Columns, room: f32) -> Vec<Placed<'_>> {
    let own = |column: &Column| f32::from(column.width);
    let all: f32 = columns.shown().map(own).sum();
    let spare = (room - all).max(0.0);
    let mut x = 0.0;
    let place = |column: &'_ Column| {
        let spare = match column.kind {
            ColumnKind::Preview => spare,
            _ => 0.0,
        };
        own(column) + spare
    };
    columns
        .shown()
        .map(|column| {
            let width = place(column);
            x += width;
            Placed {
                kind: &column.kind,
                x: x - width,
                width,
            }
        })
        .collect()
}

/// The width of them all.
pub(super) fn whole(placed: &[Placed<'_>]) -> f32 {
    placed.last().map_or(0.0, |last| last.x + last.width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preview_takes_what_is_left_and_never_less_than_its_width() {
        let mut columns = Columns::default();
        let wide = placed(&columns, 1_000.0);
        assert!((whole(&wide) - 1_000.0).abs() < 0.01);
        for pair in wide.windows(2) {
            assert!((pair[0].x + pair[0].width - pair[1].x).abs() < 0.01);
        }
        let narrow = placed(&columns, 100.0);
        let preview = narrow.last().unwrap();
        assert_eq!(preview.kind, &ColumnKind::Preview);
        assert!((preview.width - 140.0).abs() < 0.01);
        assert!(whole(&narrow) > 100.0);

        columns.show(&ColumnKind::Preview, false);
        let without = placed(&columns, 1_000.0);
        assert!(whole(&without) < 1_000.0, "the others keep their widths");
    }
}
