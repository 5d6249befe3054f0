//! The packages of a schema as a tree, for browsing: `google` › `cloud` › `vision.v1`.
//!
//! A package in which nothing stands but one other package is part of that one's row, so a tree has fewer
//! than twice as many nodes as there are packages, however they nest.

use std::collections::{BTreeMap, HashMap};

use super::catalogue::Catalogue;

/// Packages in the order of the tree, each before those inside it.
#[derive(Debug, Default)]
pub struct Packages(Vec<Package>);

/// A package, or what several have in common.
#[derive(Debug, Default)]
pub struct Package {
    /// Full name; empty for what has no package.
    pub name: String,
    /// Levels above it.
    pub depth: usize,
    /// The node after the last one inside it.
    pub end: usize,
    /// Its own services, messages and enums, as places in the catalogue's lists.
    pub services: Vec<usize>,
    /// See `services`.
    pub messages: Vec<usize>,
    /// See `services`.
    pub enums: Vec<usize>,
    /// Services here and in all packages inside.
    pub services_below: usize,
    /// Messages and enums here and in all packages inside.
    pub types_below: usize,
    /// Byte of `name` at which the row's label begins.
    label_at: usize,
}

impl Package {
    /// The name without that of the node above.
    pub fn label(&self) -> &str {
        self.name.get(self.label_at..).unwrap_or_default()
    }

    /// Whether it is what servers say about themselves (reflection, health, channelz).
    pub fn is_grpc(&self) -> bool {
        is_grpc(&self.name)
    }
}

/// Packages as they come: neighbours are mostly of one.
#[derive(Debug, Default)]
struct Gathered<'a> {
    names: Vec<&'a str>,
    packages: Vec<Package>,
    by_name: HashMap<&'a str, usize>,
    last: usize,
}

impl<'a> Gathered<'a> {
    fn of(&mut self, name: &'a str) -> &mut Package {
        if self.names.get(self.last) != Some(&name) {
            let next = self.packages.len();
            self.last = *self.by_name.entry(name).or_insert(next);
            if self.last == next {
                self.names.push(name);
                self.packages.push(Package::default());
            }
        }
        &mut self.packages[self.last]
    }
}

fn is_grpc(package: &str) -> bool {
    package == "grpc" || package.starts_with("grpc.")
}

impl Packages {
    /// Puts the catalogue's entries into their packages; of types these are given in the catalogue's order.
    pub(super) fn of<'a>(
        catalogue: &'a Catalogue,
        of_messages: impl Iterator<Item = &'a str>,
        of_enums: impl Iterator<Item = &'a str>,
    ) -> Self {
        let mut packages = Gathered::default();
        for (at, service) in catalogue.services.iter().enumerate() {
            packages.of(&service.package).services.push(at);
        }
        for (at, name) in of_messages.enumerate() {
            packages.of(name).messages.push(at);
        }
        for (at, name) in of_enums.enumerate() {
            packages.of(name).enums.push(at);
        }
        // What servers say about themselves comes last.
        let key = |name: &'a str| (is_grpc(name), name);
        let packages = packages.names.into_iter().zip(packages.packages);
        let packages = packages.map(|(name, package)| (key(name), package));
        let mut packages: BTreeMap<(bool, &str), Package> = packages.collect();
        let names: Vec<&str> = packages.keys().map(|(_, name)| *name).collect();
        for pair in names.windows(2) {
            let shared = match pair {
                [one, next] => shared_package(one, next),
                _ => "",
            };
            if !shared.is_empty() {
                packages.entry(key(shared)).or_default();
            }
        }
        let named = packages.into_iter().map(|((_, name), package)| Package {
            name: name.to_owned(),
            ..package
        });
        let mut tree = Self(named.collect());
        tree.nest();
        tree
    }

    /// Finds the depth, the end and the sums of each node.
    fn nest(&mut self) {
        let nodes = &mut self.0;
        let mut open: Vec<usize> = Vec::new();
        for at in 0..=nodes.len() {
            let name = nodes.get(at).map(|node| node.name.clone());
            while let Some(&above) = open.last() {
                let inside = name.as_deref().is_some_and(|name| {
                    let rest = name.strip_prefix(nodes[above].name.as_str());
                    rest.is_some_and(|rest| rest.starts_with('.'))
                });
                if inside {
                    break;
                }
                open.pop();
                nodes[above].end = at;
                let sums = (nodes[above].services_below, nodes[above].types_below);
                if let Some(&outer) = open.last() {
                    nodes[outer].services_below += sums.0;
                    nodes[outer].types_below += sums.1;
                }
            }
            let above = open.last().map(|&above| nodes[above].name.len() + 1);
            let depth = open.len();
            if let Some(node) = nodes.get_mut(at) {
                node.depth = depth;
                node.label_at = above.unwrap_or(0);
                node.services_below = node.services.len();
                node.types_below = node.messages.len() + node.enums.len();
                open.push(at);
            }
        }
    }

    /// All nodes, each before those inside it.
    pub fn all(&self) -> &[Package] {
        &self.0
    }
}

/// The package that holds both, empty if there is none.
fn shared_package<'a>(one: &'a str, next: &str) -> &'a str {
    let same = one.bytes().zip(next.bytes()).take_while(|(a, b)| a == b);
    let same = same.count();
    let ends_part = |name: &str| matches!(name.as_bytes().get(same), None | Some(b'.'));
    if ends_part(one) && ends_part(next) {
        return one.get(..same).unwrap_or_default();
    }
    let shared = one.as_bytes().get(..same).unwrap_or_default();
    let dot = shared.iter().rposition(|byte| *byte == b'.');
    dot.and_then(|dot| one.get(..dot)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::schema::catalogue::TypeEntry;

    fn tree_of(packages: &[&str]) -> Packages {
        let entry = |at: usize| {
            Arc::new(TypeEntry {
                full_name: format!("T{at}"),
                deprecated: false,
                path: Box::default(),
            })
        };
        let catalogue = Catalogue {
            messages: (0..packages.len()).map(entry).collect(),
            ..Catalogue::default()
        };
        Packages::of(&catalogue, packages.iter().copied(), std::iter::empty())
    }

    #[test]
    fn chains_are_one_row_and_what_is_shared_is_a_row_of_its_own() {
        type Row = (&'static str, &'static [&'static str], &'static [Node]);
        type Node = (usize, &'static str, usize);
        let rows: [Row; 6] = [
            (
                "a chain",
                &["google.cloud.vision.v1"],
                &[(0, "google.cloud.vision.v1", 1)],
            ),
            (
                "branches",
                &[
                    "google.cloud.vision.v1",
                    "google.cloud.vision.v1p1",
                    "google.api",
                    "grafeas.v1",
                ],
                &[
                    (0, "google", 3),
                    (1, "api", 1),
                    (1, "cloud.vision", 2),
                    (2, "v1", 1),
                    (2, "v1p1", 1),
                    (0, "grafeas.v1", 1),
                ],
            ),
            (
                "a package with packages",
                &["a", "a.b.c", "a", "ab"],
                &[(0, "a", 3), (1, "b.c", 1), (0, "ab", 1)],
            ),
            (
                "grpc comes last",
                &["grpc.health.v1", "zoo", "grpc.reflection.v1"],
                &[
                    (0, "zoo", 1),
                    (0, "grpc", 2),
                    (1, "health.v1", 1),
                    (1, "reflection.v1", 1),
                ],
            ),
            ("no package", &["", "a"], &[(0, "", 1), (0, "a", 1)]),
            ("nothing", &[], &[]),
        ];
        for (name, packages, expected) in rows {
            let tree = tree_of(packages);
            let nodes = tree.all().iter();
            let nodes: Vec<_> = nodes
                .map(|node| (node.depth, node.label(), node.types_below))
                .collect();
            assert_eq!(nodes, expected, "{name}");
        }
    }

    #[test]
    fn a_node_knows_where_what_is_inside_it_ends() {
        let tree = tree_of(&["a.b", "a.c.d", "a.c.e", "f"]);
        let ends: Vec<_> = tree
            .all()
            .iter()
            .map(|node| (node.label(), node.end))
            .collect();
        let expected = [("a", 5), ("b", 2), ("c", 5), ("d", 4), ("e", 5), ("f", 6)];
        assert_eq!(ends, expected);
    }
}
