//! The services of a schema as a flat list of rows: packages, services, methods and types.

use std::sync::Arc;

use stubless_core::schema::{
    Catalogue, Kept, MethodEntry, Package, Query, Schema, Searched, ServiceEntry, SymbolSearch,
    TypeEntry,
};

use super::{SchemaGroup, Sidebar};

/// Packages below this depth are drawn at it.
const MAX_DEPTH: usize = 24;
/// A schema with more services than this starts with its services closed.
const OPEN_SERVICES: usize = 12;
/// Rows that a filter keeps; nobody reads further, and making them takes time that a keystroke has not.
const MAX_FILTERED: usize = 5000;
/// Packages that are in no other and start open, if there are no more of them.
const OPEN_ROOTS: usize = 4;
/// A schema with more packages than this starts with its packages closed.
const OPEN_PACKAGES: usize = 24;

/// What a row of the services is. Entries are shared with the catalogue: a filter may keep thousands of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceRowKind {
    /// A package, or what several have in common.
    Package {
        /// Full name; empty for what has none.
        name: String,
        /// Byte of it at which the row's label begins.
        label_at: usize,
        /// Services in it and in those inside; types, where only those are shown.
        count: usize,
    },
    /// A service.
    Service(Arc<ServiceEntry>),
    /// A method of a service, by its place.
    Method(Arc<ServiceEntry>, usize),
    /// A message, and the byte of its name at which the row's label begins.
    Message(Arc<TypeEntry>, usize),
    /// An enum; see `Message`.
    Enum(Arc<TypeEntry>, usize),
    /// More fits the filter than is listed.
    More,
}

/// A row of the services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRow {
    /// 0 for packages that are in no other.
    pub depth: usize,
    /// What it is.
    pub kind: ServiceRowKind,
    /// Whether the rows below it are shown; of no meaning for methods and types.
    pub open: bool,
}

impl ServiceRow {
    /// The method it is, if it is one.
    pub fn method(&self) -> Option<&MethodEntry> {
        match &self.kind {
            ServiceRowKind::Method(service, nth) => service.methods.get(*nth),
            _ => None,
        }
    }

    /// Name shown.
    pub fn label(&self) -> &str {
        match &self.kind {
            ServiceRowKind::More => "More fits: type on",
            ServiceRowKind::Package { name, .. } if name.is_empty() => "(no package)",
            ServiceRowKind::Package { name, label_at, .. } => {
                name.get(*label_at..).unwrap_or_default()
            }
            ServiceRowKind::Service(service) => &service.name,
            ServiceRowKind::Method(..) => self.method().map_or("", |method| &method.name),
            ServiceRowKind::Message(entry, at) | ServiceRowKind::Enum(entry, at) => {
                entry.full_name.get(*at..).unwrap_or_default()
            }
        }
    }

    /// Full name of the service, method or type; empty for a package.
    pub fn symbol(&self) -> &str {
        match &self.kind {
            ServiceRowKind::Package { .. } | ServiceRowKind::More => "",
            ServiceRowKind::Service(service) => &service.full_name,
            ServiceRowKind::Method(..) => self.method().map_or("", |method| &method.path),
            ServiceRowKind::Message(entry, _) | ServiceRowKind::Enum(entry, _) => &entry.full_name,
        }
    }

    /// What tells it from the other rows of its schema.
    pub fn symbol_or_package(&self) -> &str {
        match &self.kind {
            ServiceRowKind::Package { name, .. } => name,
            _ => self.symbol(),
        }
    }

    /// Marked deprecated.
    pub fn deprecated(&self) -> bool {
        match &self.kind {
            ServiceRowKind::Package { .. } | ServiceRowKind::More => false,
            ServiceRowKind::Service(service) => service.deprecated,
            ServiceRowKind::Method(..) => self.method().is_some_and(|method| method.deprecated),
            ServiceRowKind::Message(entry, _) | ServiceRowKind::Enum(entry, _) => entry.deprecated,
        }
    }

    /// What [`Sidebar::toggle`] takes to open and close it.
    pub fn key(&self, group: SchemaGroup) -> String {
        row_key(group, self.symbol_or_package())
    }
}

fn row_key(group: SchemaGroup, name: &str) -> String {
    format!("{group:?}/{name}")
}

/// The rows of a schema: packages, services, methods and, where asked for, types. With a filter, what fits
/// and what leads there; `search` is kept from one keystroke to the next.
pub fn service_rows(
    group: SchemaGroup,
    schema: &Schema,
    sidebar: &Sidebar,
    search: &mut SymbolSearch,
) -> Vec<ServiceRow> {
    let query = Query::new(&sidebar.filter);
    let searched = match sidebar.types {
        true => Searched::All,
        false => Searched::Calls,
    };
    search.run(schema, &query, searched);
    let kept = (!query.is_empty()).then(|| search.kept(schema));
    let catalogue = schema.catalogue();
    let packages = schema.packages(searched).all();
    let mut rows = Rows {
        group,
        catalogue,
        kept: kept.as_ref(),
        sidebar,
        closed: Closed::of(schema, searched),
        rows: Vec::new(),
    };
    // How many of the packages before each one hold something that fits.
    let mut fitting = vec![0];
    for package in packages {
        let before = fitting.last().copied().unwrap_or(0);
        fitting.push(before + usize::from(rows.fits(package)));
    }
    let mut at = 0;
    while let Some(package) = packages.get(at) {
        let end = package.end.max(at + 1);
        let fits = fitting.get(at) != fitting.get(end);
        at = match fits && rows.add_package(package) {
            true => at + 1,
            false => end,
        };
        if kept.is_some() && rows.rows.len() > MAX_FILTERED {
            rows.rows.truncate(MAX_FILTERED);
            rows.rows.push(ServiceRow {
                depth: 0,
                kind: ServiceRowKind::More,
                open: false,
            });
            break;
        }
    }
    rows.rows
}

/// Rows being made.
struct Rows<'a> {
    group: SchemaGroup,
    catalogue: &'a Catalogue,
    kept: Option<&'a Kept<'a>>,
    sidebar: &'a Sidebar,
    closed: Closed,
    rows: Vec<ServiceRow>,
}

/// What of a schema starts closed.
#[derive(Debug, Clone, Copy)]
struct Closed {
    services: bool,
    packages: bool,
    /// Packages that are in no other, too.
    roots: bool,
}

impl Closed {
    fn of(schema: &Schema, searched: Searched) -> Self {
        let packages = schema.packages(searched).all();
        let roots = packages.iter().filter(|it| it.depth == 0).count();
        Self {
            services: schema.catalogue().services.len() > OPEN_SERVICES,
            packages: packages.len() > OPEN_PACKAGES,
            // One package that holds all others is no list to choose from.
            roots: packages.len() > OPEN_PACKAGES && roots > OPEN_ROOTS,
        }
    }

    fn package(self, package: &Package) -> bool {
        package.is_grpc()
            || match package.depth {
                0 => self.roots,
                _ => self.packages,
            }
    }
}

impl Sidebar {
    fn is_open(&self, group: SchemaGroup, name: &str, starts_closed: bool) -> bool {
        self.toggled.contains(&row_key(group, name)) == starts_closed
    }

    /// Opens what is above a method, so that its row is there.
    pub fn reveal(&mut self, group: SchemaGroup, schema: &Schema, method: &str) {
        let Some((service, _)) = method.rsplit_once('/') else {
            return;
        };
        let searched = match self.types {
            true => Searched::All,
            false => Searched::Calls,
        };
        let closed = Closed::of(schema, searched);
        let packages = schema.packages(searched).all().iter();
        let around = packages.filter(|package| {
            let rest = service.strip_prefix(package.name.as_str());
            package.name.is_empty() || rest.is_some_and(|rest| rest.starts_with('.'))
        });
        let around = around.map(|package| (package.name.as_str(), closed.package(package)));
        let service = (service, closed.services);
        for (name, starts_closed) in around.chain([service]) {
            if !self.is_open(group, name, starts_closed) {
                self.toggle(&row_key(group, name));
            }
        }
    }
}

impl Rows<'_> {
    /// Whether something that stands in a package itself is kept.
    fn fits(&self, package: &Package) -> bool {
        let Some(kept) = self.kept else {
            return true;
        };
        package.services.iter().any(|&at| self.service_fits(at))
            || package.messages.iter().any(|&at| kept.message(at))
            || package.enums.iter().any(|&at| kept.enumeration(at))
    }

    fn service_fits(&self, at: usize) -> bool {
        let methods = self
            .catalogue
            .services
            .get(at)
            .map_or(0, |it| it.methods.len());
        self.kept
            .is_none_or(|kept| kept.service(at) || (0..methods).any(|nth| kept.method(at, nth)))
    }

    fn is_open(&self, name: &str, starts_closed: bool) -> bool {
        self.kept.is_some() || self.sidebar.is_open(self.group, name, starts_closed)
    }

    /// Adds a package with what stands in it; gives whether it is open.
    fn add_package(&mut self, package: &Package) -> bool {
        let open = self.is_open(&package.name, self.closed.package(package));
        let depth = package.depth.min(MAX_DEPTH);
        self.rows.push(ServiceRow {
            depth,
            kind: ServiceRowKind::Package {
                name: package.name.clone(),
                label_at: package.name.len() - package.label().len(),
                count: match package.services_below {
                    0 => package.types_below,
                    services => services,
                },
            },
            open,
        });
        if open {
            for &at in &package.services {
                self.add_service(at, depth + 1);
            }
            self.add_types(package, depth + 1);
        }
        open
    }

    fn add_service(&mut self, at: usize, depth: usize) {
        let Some(service) = self.catalogue.services.get(at) else {
            return;
        };
        if !self.service_fits(at) {
            return;
        }
        let open = self.is_open(&service.full_name, self.closed.services);
        self.rows.push(ServiceRow {
            depth,
            kind: ServiceRowKind::Service(Arc::clone(service)),
            open,
        });
        if !open {
            return;
        }
        let all = 0..service.methods.len();
        let fits = |nth: &usize| self.kept.is_none_or(|kept| kept.method(at, *nth));
        let mut methods: Vec<usize> = all.clone().filter(fits).collect();
        if methods.is_empty() {
            // The service alone has what was typed.
            methods = all.collect();
        }
        self.rows.extend(methods.into_iter().map(|nth| ServiceRow {
            depth: depth + 1,
            kind: ServiceRowKind::Method(Arc::clone(service), nth),
            open: false,
        }));
    }

    fn add_types(&mut self, package: &Package, depth: usize) {
        let label_at = match package.name.len() {
            0 => 0,
            length => length + 1,
        };
        let Catalogue {
            messages, enums, ..
        } = self.catalogue;
        let own = package.messages.iter();
        let messages = own
            .filter(|at| self.kept.is_none_or(|kept| kept.message(**at)))
            .filter_map(|&at| messages.get(at))
            .map(|entry| ServiceRowKind::Message(Arc::clone(entry), label_at));
        let enums = package
            .enums
            .iter()
            .filter(|at| self.kept.is_none_or(|kept| kept.enumeration(**at)))
            .filter_map(|&at| enums.get(at))
            .map(|entry| ServiceRowKind::Enum(Arc::clone(entry), label_at));
        let types = messages.chain(enums).map(|kind| ServiceRow {
            depth,
            kind,
            open: false,
        });
        self.rows.extend(types);
    }
}
