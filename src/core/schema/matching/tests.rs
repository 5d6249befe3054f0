//! Matching: which fit is the better one, and what is marked.

use super::*;

#[test]
fn the_better_fit_comes_first() {
    // Query, then names from the best to the worst; the last fits nothing.
    let rows: [(&str, &[(&str, &str)]); 10] = [
        (
            "book",
            &[
                ("lib.v1", "Book"),
                ("lib.v1", "BookList"),
                ("lib.v1", "GetBook"),
                ("lib.v1", "Handbooks"),
                ("book.v1", "Shelf"),
                ("mybooks.v1", "Shelf"),
                ("lib.v1", "BigOldLock"),
                ("lib.v1", "Shelf"),
            ],
        ),
        (
            "gb",
            &[("", "GetBook"), ("", "Rugby"), ("", "Gauabc"), ("", "Bag")],
        ),
        ("gebo", &[("", "GetBook"), ("", "GreenBoat"), ("", "Bogey")]),
        ("http", &[("", "HTTP"), ("", "HTTPServer"), ("", "GetHTTP")]),
        ("server", &[("", "HTTPServer"), ("", "Observer")]),
        (
            "library.getb",
            &[
                ("lib.v1.Library", "GetBook"),
                ("library.getb", "X"),
                ("a", "Getb"),
            ],
        ),
        ("Library/GetBook", &[("lib.v1.Library", "GetBook")]),
        (
            "lib get",
            &[
                ("lib.v1", "GetBook"),
                ("lib.v1", "Book.Widget"),
                ("lib", "Book"),
            ],
        ),
        // One word does not stand for both.
        (
            "pinger ping",
            &[
                ("good.Pinger", "Ping"),
                ("good", "Pinger"),
                ("good", "Pong"),
            ],
        ),
        ("ünicode", &[("", "Ünicode"), ("", "Unicode")]),
    ];
    for (typed, names) in rows {
        let query = Query::new(typed);
        let scores = names.iter().map(|(scope, name)| query.score(scope, name));
        let scores: Vec<_> = scores.collect();
        for (pair, names) in scores.windows(2).zip(names.windows(2)) {
            match (pair[0], pair[1]) {
                (Some(better), Some(worse)) => {
                    assert!(better < worse, "{typed}: {names:?} {better:?} {worse:?}");
                }
                (better, _) => assert!(better.is_some(), "{typed}: {names:?}"),
            }
        }
    }
}

#[test]
fn what_does_not_hold_the_letters_in_order_does_not_fit() {
    for (typed, scope, name) in [
        ("koob", "lib", "Book"),
        ("bookx", "lib", "Book"),
        ("lib nothing", "lib", "Book"),
    ] {
        assert_eq!(Query::new(typed).score(scope, name), None, "{typed}");
    }
}

#[test]
fn the_letters_that_were_meant_are_marked() {
    for (typed, name, marks) in [
        ("gb", "GetBook", &[0, 3][..]),
        ("book", "GetBook", &[3, 4, 5, 6]),
        ("ook", "GetBook", &[4, 5, 6]),
        ("get book", "GetBook", &[0, 1, 2, 3, 4, 5, 6]),
        ("gk", "GetBook", &[0, 6]),
        ("über", "Übermut", &[0, 1, 2, 3]),
        ("x", "GetBook", &[]),
    ] {
        assert_eq!(Query::new(typed).marks(name), marks, "{typed} in {name}");
    }
}

#[test]
fn a_longer_query_narrows_and_another_does_not() {
    for (earlier, later, narrows) in [
        ("ge", "get", true),
        ("get", "get book", true),
        ("", "g", true),
        ("get", "ge", false),
        ("get", "xget", false),
        ("get ", "getb", false),
    ] {
        let earlier = Query::new(earlier);
        assert_eq!(Query::new(later).narrows(&earlier), narrows, "{later}");
    }
}
