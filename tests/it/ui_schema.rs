//! Schema files change on disk under an open window: nothing typed is lost, what no longer fits is marked.

#![allow(clippy::unwrap_used, reason = "a test's own set-up")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use egui::{Key, Modifiers};
use stubless::app::{Action, BodyView, UiCommand};

use crate::ui_support::Screen;

const BEFORE: &str = r#"syntax = "proto3";
package shop.v1;
service Shop {
  rpc Order(Order) returns (Receipt);
  rpc Cancel(Receipt) returns (Receipt);
}
message Order {
  string name = 1;
  int32 count = 2;
  Address to = 3;
}
message Address { string street = 1; string zip = 2; }
message Receipt { string id = 1; }
"#;

/// A workspace whose schema is a folder of protos.
struct Shop {
    home: tempfile::TempDir,
}

impl Shop {
    fn new() -> Self {
        let shop = Self {
            home: tempfile::tempdir().unwrap(),
        };
        shop.write(
            "workspace.json",
            r#"{"name": "Shop", "version": 1, "sources": [{"protos": ["api"]}]}"#,
        );
        shop.write("api/shop.proto", BEFORE);
        shop.write(
            "requests/order.json",
            r#"{
  "name": "Order",
  "method": "shop.v1.Shop/Order",
  "messages": [
    {
      // A book, please.
      "name": "Ada",
      "count": 2,
      "to": {"street": "Main", "zip": "10115"}
    }
  ]
}
"#,
        );
        shop.write(
            "requests/cancel.json",
            r#"{"name": "Cancel", "method": "shop.v1.Shop/Cancel", "messages": [{"id": "7"}]}"#,
        );
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join("shop").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// As editors save: a new file takes the place of the old one.
    fn replace(&self, text: &str) {
        self.write("api/.shop.proto.new", text);
        let path = self.path("api/shop.proto");
        fs::rename(self.path("api/.shop.proto.new"), path).unwrap();
    }

    /// The window with both requests open, the order in front.
    fn open(&self) -> Screen {
        let mut screen = Screen::open(self.home.path(), Some(self.path("")));
        screen.until("the schema of the files", |state| {
            state.schemas.files.schema().is_some()
        });
        for path in ["requests/cancel.json", "requests/order.json"] {
            screen.act(Action::OpenRequest(path.into()));
        }
        screen.frames(3);
        assert_eq!(
            screen.tab().draft.path.as_deref(),
            Some(Path::new("requests/order.json"))
        );
        screen
    }
}

#[test]
fn what_a_changed_file_no_longer_has_is_marked_in_form_and_text_and_kept() {
    let shop = Shop::new();
    let mut screen = shop.open();
    screen.until_screen("a body that fits", |screen| screen.has("Fits the schema"));
    let typed = screen.tab().draft.messages[0].text().to_owned();

    // When the file on disk loses a field, renames a nested one and changes a type
    let after = BEFORE
        .replace("string name = 1;", "string customer = 1;")
        .replace("int32 count = 2;", "bool count = 2;")
        .replace("string zip = 2;", "string postcode = 2;")
        .replace(
            "message Receipt { string id = 1; }",
            "message Receipt { string number = 1; }",
        );
    shop.replace(&after);

    // Then the form has the new field, and the old one in its place at the end, marked
    screen.until_screen("the new field", |screen| screen.has("customer"));
    screen.until_screen("the mark at the foot", |screen| {
        screen.shows("Problem: ") && screen.shows("has no field `name`")
    });
    let reasons = ["`shop.v1.Order` has no field `name`", "has no field `zip`"];
    for reason in reasons {
        assert!(screen.shows(reason), "{reason}: {:#?}", screen.words());
    }
    assert!(screen.has("to.postcode"), "{:#?}", screen.words());
    for name in ["name", "to.zip"] {
        let row = format!("{name}: Not a field of this message");
        assert!(screen.has(&row), "{row}: {:#?}", screen.words());
    }

    // Then the request behind it is marked as well
    screen.until_screen("the mark on the tab", |screen| {
        screen.has("Cancel (does not fit)")
    });

    // Then the text is what it was, to the letter, and nothing counts as changed
    assert_eq!(screen.tab().draft.messages[0].text(), typed);
    assert!(!screen.tab().draft.is_dirty());
    screen.click("JSON");
    assert_eq!(screen.tab().view.body, BodyView::Json);
    assert!(screen.shows("has no field `name`"), "{:#?}", screen.words());

    // Then saving keeps what does not fit
    screen.click("Form");
    screen.type_into("customer", "Grace");
    screen.press(Modifiers::COMMAND, Key::S);
    screen.until("the save", |state| {
        state.active_tab().is_some_and(|tab| !tab.draft.is_dirty())
    });
    let saved = fs::read_to_string(shop.path("requests/order.json")).unwrap();
    for kept in [
        "// A book, please.",
        r#""name": "Ada""#,
        r#""zip": "10115""#,
        "Grace",
    ] {
        assert!(saved.contains(kept), "{kept}: {saved}");
    }

    // When the file is as it was, what was kept fits again
    shop.replace(BEFORE);
    screen.until_screen("the old field", |screen| {
        screen.has("to.zip") && !screen.has("to.postcode")
    });
    screen.until_screen("the only field that no longer fits", |screen| {
        screen.shows("has no field `customer`") && !screen.shows("has no field `name`")
    });
    screen.until_screen("the request behind it fits", |screen| {
        !screen.has("Cancel (does not fit)")
    });
}

#[test]
fn while_files_are_broken_the_text_stays_and_comes_back_to_its_form() {
    let shop = Shop::new();
    let mut screen = shop.open();
    let typed = screen.tab().draft.messages[0].text().to_owned();
    shop.replace("syntax = \"proto3\"; nonsense");
    screen.until("the problem", |state| {
        !state.schemas.files.problems().is_empty()
    });
    assert_eq!(screen.tab().draft.messages[0].text(), typed);
    shop.replace(BEFORE);
    screen.until_screen("the form", |screen| screen.has("to.zip"));
    assert_eq!(screen.tab().draft.messages[0].text(), typed);
}

#[test]
fn a_file_added_to_a_folder_is_a_service_in_the_tree() {
    let shop = Shop::new();
    let mut screen = shop.open();
    shop.write(
        "api/more/stock.proto",
        "syntax = \"proto3\"; package shop.v1; message N {} service Stock { rpc Count(N) returns (N); }",
    );
    screen.until_screen("the new method", |screen| screen.has("Count"));
    fs::remove_dir_all(shop.path("api/more")).unwrap();
    screen.until_screen("its end", |screen| !screen.has("Count"));
}

/// A workspace whose files are the demo's greeter with a change, against the demo itself.
fn drifted() -> (tempfile::TempDir, Screen) {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("mine");
    let original =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/protos/demo/v1/greeter.proto");
    let changed = fs::read_to_string(original)
        .unwrap()
        .replace("bool excited = 3;", "Mood mood = 3;")
        .replace(
            "// What the greeter said.",
            "message Mood { string excited = 1; }",
        )
        .replace("string greeting = 1;", "string words = 1;");
    fs::create_dir_all(root.join("api")).unwrap();
    fs::write(root.join("api/greeter.proto"), changed).unwrap();
    fs::write(
        root.join("workspace.json"),
        r#"{"name": "Mine", "version": 1, "target": "demo:", "sources": [{"protos": ["api"]}]}"#,
    )
    .unwrap();
    let mut screen = Screen::open(home.path(), Some(root));
    screen.until("files and server", |state| {
        state.schemas.files.schema().is_some() && state.demo.is_some()
    });
    (home, screen)
}

#[test]
fn files_are_compared_with_the_server_and_a_press_goes_to_the_field() {
    let (home, mut screen) = drifted();
    assert!(!screen.shows("breaks"));
    screen.act(Action::Run(UiCommand::CompareSchema));
    screen.until_screen("the differences", |screen| {
        screen.shows("breaking, request.mood: ")
    });
    assert!(
        screen.has("demo.v1.Greeter/SayHello"),
        "{:#?}",
        screen.words()
    );
    assert!(screen.has("1 breaking"), "{:#?}", screen.words());
    assert!(screen.shows("JSON only, response.words: "));

    // Filtered to what breaks, then to nothing
    screen.type_into("Filter methods and fields", "words");
    assert!(!screen.shows("request.mood"), "{:#?}", screen.words());
    screen.type_into("Filter methods and fields", "no such field");
    assert!(screen.has("Nothing matches"));
    screen.type_into("Filter methods and fields", "mood");

    // When the change is pressed, its field stands in the form
    screen.click_part("breaking, request.mood");
    assert!(screen.state().dialog.is_none());
    assert_eq!(screen.tab().draft.method, "demo.v1.Greeter/SayHello");
    assert_eq!(screen.tab().view.body, BodyView::Form);
    screen.until_screen("the field", |screen| screen.has("Close mood"));

    // When the file is mended, the result is, too, without asking again
    let original =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/protos/demo/v1/greeter.proto");
    fs::copy(original, home.path().join("mine/api/greeter.proto")).unwrap();
    screen.until("nothing of it differs", |state| {
        let drift = state.comparison.as_ref().and_then(|known| known.drift());
        drift.is_some_and(|drift| drift.methods.is_empty())
    });
}

#[test]
fn a_server_that_cannot_be_asked_is_told_in_the_dialog() {
    let (_home, mut screen) = drifted();
    screen.click("SayHello");
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = gone.local_addr().unwrap().to_string();
    drop(gone);
    screen.type_into("Target", &target);
    screen.press(Modifiers::NONE, Key::Enter);
    screen.act(Action::Run(UiCommand::CompareSchema));
    screen.until("the reason", |state| {
        let compared = state.comparison.as_ref();
        let failure = compared.and_then(|compared| compared.failure());
        failure.is_some_and(|failure| failure.summary.contains(&target))
    });
    assert!(screen.has("Compare again"));
}
