//! `stubless export`: what a server told, saved, and read again.

use std::fs;

use stubless_core::schema::{Schema, compile, load_descriptor_set};

use super::cli::{plain_demo, protos, stubless};

fn services(schema: &Schema) -> Vec<String> {
    let services = schema.catalogue().services.iter();
    services.map(|service| service.full_name.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_tells_is_saved_both_ways_and_reads_the_same() {
    let (_demo, target) = plain_demo().await;
    let folder = tempfile::tempdir().unwrap();
    let (set, protos) = (
        folder.path().join("demo.binpb"),
        folder.path().join("protos"),
    );
    let (set_arg, protos_arg) = (set.to_str().unwrap(), protos.to_str().unwrap());
    let args = [
        "export",
        &target,
        "--descriptor-set-out",
        set_arg,
        "--proto-out",
        protos_arg,
    ];
    let ran = stubless(&args).ended(0);
    assert_eq!(ran.out, "");

    let listed = stubless(&["list", &target]).ended(0).out;
    let from_set = stubless(&["list", "--descriptor-set", set_arg])
        .ended(0)
        .out;
    let from_protos = stubless(&["list", "--proto", protos_arg, "-I", protos_arg])
        .ended(0)
        .out;
    assert_eq!(from_set, listed);
    assert_eq!(from_protos, listed);
    let described = |args: &[&str]| stubless(args).ended(0).out;
    assert_eq!(
        described(&["describe", "--descriptor-set", set_arg, "demo.v1.Greeter"]),
        described(&["describe", &target, "demo.v1.Greeter"]),
    );

    // The same once more changes nothing and is no mistake.
    let again = stubless(&args).ended(0);
    assert!(again.err.contains("0 of them written"), "{again:?}");
    let set = load_descriptor_set("demo.binpb", &fs::read(set).unwrap());
    let protos = compile(std::slice::from_ref(&protos), std::slice::from_ref(&protos));
    assert_eq!(set.problems, []);
    assert_eq!(protos.problems, []);
    assert_eq!(services(&set.schema), services(&protos.schema));
}

#[test]
fn a_file_with_other_contents_is_kept_without_force() {
    let folder = tempfile::tempdir().unwrap();
    let (protos, out) = (protos(), folder.path().join("out.binpb"));
    let (protos, path) = (protos.to_str().unwrap(), out.to_str().unwrap());
    fs::write(&out, "mine").unwrap();
    let args = [
        "export",
        "--proto",
        protos,
        "-I",
        protos,
        "--descriptor-set-out",
        path,
    ];
    stubless(&args).failed(3, &["out.binpb", "something else", "--force"]);
    assert_eq!(fs::read(&out).unwrap(), b"mine");

    stubless(&[&args[..], &["--force"]].concat()).ended(0);
    let set = load_descriptor_set("out", &fs::read(&out).unwrap());
    assert_eq!(set.problems, []);
    assert!(services(&set.schema).contains(&"demo.v1.Greeter".to_owned()));
}

#[test]
fn arguments_of_export_that_make_no_sense_end_with_2() {
    let rows: [(&[&str], &str); 3] = [
        (&["export", "localhost:1"], "--proto-out"),
        (&["export", "--proto-out", "x"], "name it"),
        (
            &[
                "export",
                "localhost:1",
                "--descriptor-set",
                "x.binpb",
                "--proto-out",
                "x",
            ],
            "",
        ),
    ];
    for (args, said) in rows {
        let ran = stubless(args);
        assert!(ran.err.contains(said), "{ran:?}");
        ran.ended(2);
    }
}
