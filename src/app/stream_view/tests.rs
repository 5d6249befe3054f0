//! What of a stream is in view, without a window.

use bytes::Bytes;
use stubless_core::call::Direction;

use super::*;

#[test]
fn places_are_read_as_people_write_them() {
    let time = |secs| Ok(Place::Time(Duration::from_secs_f64(secs)));
    for (text, want) in [
        ("#1204", Ok(Place::Number(1204))),
        ("1204", Ok(Place::Number(1204))),
        (" # 1 204 ", Ok(Place::Number(1204))),
        ("1,000,000", Ok(Place::Number(1_000_000))),
        ("99999999999999999999999", Ok(Place::Number(usize::MAX))),
        ("12.5s", time(12.5)),
        ("+12.5 s", time(12.5)),
        ("250ms", time(0.25)),
        ("640 µs", time(0.000_64)),
        ("1h 2m 3s", time(3723.0)),
        ("1:30", time(90.0)),
        ("00:01:30", time(90.0)),
        ("01:00:00.25", time(3600.25)),
    ] {
        assert_eq!(parse_place(text), want, "{text}");
    }
    for text in [
        "",
        "#",
        "abc",
        "12.5",
        "-3s",
        "1:75",
        "1:2:3:4",
        "1.5:30",
        "1e9s",
        "inf s",
        "5 parsecs",
        "s",
        "1..5s",
        "1e400:00",
    ] {
        assert!(parse_place(text).is_err(), "{text}");
    }
}

#[test]
fn a_time_finds_the_first_message_at_it_or_after() {
    let log = MessageLog::default();
    assert_eq!(find_place(&log, Place::Number(1)), None);
    for at in [0, 10, 10, 10, 50] {
        let at = Duration::from_millis(at);
        assert!(log.append(Direction::Received, at, &[Bytes::from_static(b"x")]));
    }
    for (millis, index) in [(0, 0), (1, 1), (10, 1), (11, 4), (50, 4), (51, 4)] {
        let place = Place::Time(Duration::from_millis(millis));
        assert_eq!(find_place(&log, place), Some(index), "{millis} ms");
    }
    assert_eq!(find_place(&log, Place::Number(0)), Some(0));
    assert_eq!(find_place(&log, Place::Number(5)), Some(4));
    assert_eq!(find_place(&log, Place::Number(usize::MAX)), Some(4));
}

#[test]
fn a_selection_is_what_a_set_would_be() {
    let mut selection = Selection::default();
    let mut set = std::collections::BTreeSet::new();
    let mut number = 17_usize;
    for step in 0..2_000 {
        number = (number * 31 + step) % 60;
        if step % 3 == 0 {
            let end = number + step % 7;
            selection.add(number..end);
            set.extend(number..end);
        } else {
            selection.toggle(number);
            if !set.remove(&number) {
                set.insert(number);
            }
        }
        assert!(selection.iter().eq(set.iter().copied()), "step {step}");
        assert_eq!(selection.len(), set.len());
        for pair in selection.ranges().windows(2) {
            assert!(pair[0].end < pair[1].start, "{selection:?}");
        }
        for index in 0..70 {
            assert_eq!(selection.contains(index), set.contains(&index));
        }
    }
    let again: Selection = set.iter().copied().collect();
    assert_eq!(again, selection);
}

#[test]
fn a_paused_view_counts_what_it_does_not_show() {
    let mut view = StreamView::default();
    assert_eq!((view.shown(10), view.unseen(10)), (10, 0));
    view.toggle_pause(10);
    assert_eq!((view.shown(1_214), view.unseen(1_214)), (10, 1_204));
    view.toggle_pause(1_214);
    assert_eq!((view.shown(1_214), view.unseen(1_214)), (1_214, 0));
}

#[test]
fn bookmarks_are_gone_through_in_a_circle() {
    let mut view = StreamView::default();
    assert_eq!(view.bookmark_from(Some(3), true), None);
    for index in [5, 20, 7] {
        view.toggle_bookmark(index);
    }
    view.toggle_bookmark(7);
    for (from, forward, want) in [
        (None, true, 5),
        (None, false, 20),
        (Some(5), true, 20),
        (Some(20), true, 5),
        (Some(20), false, 5),
        (Some(5), false, 20),
        (Some(6), true, 20),
    ] {
        assert_eq!(view.bookmark_from(from, forward), Some(want), "{from:?}");
    }
}

#[test]
fn the_next_call_keeps_the_columns_and_forgets_the_messages() {
    let mut view = StreamView::default();
    view.columns.add("user.name");
    view.columns.show(&ColumnKind::Gap, false);
    view.plots = true;
    view.toggle_bookmark(3);
    view.toggle_pause(9);
    view.selection.add(0..5);
    let columns = view.columns.clone();
    view.begin();
    assert_eq!(view.columns, columns);
    assert!(view.plots && view.bookmarks.is_empty() && view.selection.is_empty());
    assert_eq!(view.paused_at, None);
}

#[test]
fn columns_of_fields_come_and_go_and_the_last_one_stays() {
    let mut columns = Columns::default();
    columns.add(" user.name ");
    columns.add("user.name");
    columns.add("");
    assert_eq!(columns.fields().collect::<Vec<_>>(), ["user.name"]);
    columns.resize(&ColumnKind::Field("user.name".to_owned()), 5);
    assert_eq!(columns.all().last().unwrap().width, *COLUMN_WIDTHS.start());
    columns.remove("user.name");
    assert_eq!(columns.fields().count(), 0);
    let kinds: Vec<ColumnKind> = columns.all().iter().map(|it| it.kind.clone()).collect();
    for kind in &kinds {
        columns.show(kind, false);
    }
    assert_eq!(columns.shown().count(), 1);
}
