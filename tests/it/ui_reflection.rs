//! Reflection as a person meets it in the window: metadata of its own, and saving what was told.

use stubless::{
    app::{Action, Dialog, SchemaGroup, Unread},
    ui::request::SettingsView,
};
use stubless_core::{
    schema::{SaveForm, load_descriptor_set},
    workspace::{CallSettings, MetadataRow, TargetSettings},
};

use crate::{ui_support::Screen, ui_widgets::window};
use egui_kittest::kittest::Queryable as _;

#[test]
fn metadata_for_reflection_is_typed_and_said_where_it_counts() {
    let inherited = TargetSettings {
        reflection_metadata: Some(vec![MetadataRow::default()]),
        ..TargetSettings::default()
    };
    let none = TargetSettings::default();
    for (above, note) in [
        (none, "with the metadata of the call"),
        (inherited, "Inherited:"),
    ] {
        let state = <(TargetSettings, CallSettings)>::default();
        let mut window = window(state, move |ui, (settings, call)| {
            SettingsView::new(settings, call, &mut Unread::default())
                .inherited(&above, &CallSettings::default())
                .show(ui);
        });
        window.set_size(egui::vec2(640.0, 1700.0));
        window.run();
        window.get_by_label_contains(note);
        for (cell, text) in [
            ("Reflection metadata new key", "x-asked"),
            ("Reflection metadata value 1", "me"),
        ] {
            window.get_by_label(cell).focus();
            window.run();
            window.get_by_label(cell).type_text(text);
            window.run();
        }
        window.get_by_label_contains("not with the call's metadata");
        let rows = window.state().0.reflection_metadata.clone().unwrap();
        let rows: Vec<_> = rows
            .iter()
            .map(|r| (&*r.key, &*r.value, r.enabled))
            .collect();
        assert_eq!(rows, [("x-asked", "me", true)]);
    }
}

#[test]
fn what_a_target_told_is_saved_as_a_set_and_as_sources() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), None);
    screen.until_ready();
    let set = home.path().join("saved.binpb");
    let protos = home.path().join("protos");
    for (form, label, path) in [
        (SaveForm::DescriptorSet, "File", &set),
        (SaveForm::ProtoFiles, "Folder", &protos),
    ] {
        screen.act(Action::Show(Box::new(Dialog::SaveSchema {
            group: SchemaGroup::Target,
            form,
            path: String::new(),
            replace: false,
        })));
        screen.frames(3);
        screen.type_into(label, path.to_str().unwrap());
        screen.click("Save");
        let said = format!("saved to {}", path.display());
        screen.until_screen("the notice", |screen| screen.shows(&said));
    }
    let loaded = load_descriptor_set("saved", &std::fs::read(set).unwrap());
    assert_eq!(loaded.problems, []);
    assert!(loaded.schema.method("demo.v1.Greeter/SayHello").is_some());
    assert!(protos.join("demo/v1/greeter.proto").is_file());
}
