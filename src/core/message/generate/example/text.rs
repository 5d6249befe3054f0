//! Strings by what their fields are about.

use super::{super::known, Draw, time, words::Words};

const PEOPLE: [(&str, &str); 8] = [
    ("Ada", "Lovelace"),
    ("Grace", "Hopper"),
    ("Alan", "Turing"),
    ("Katherine", "Johnson"),
    ("Edsger", "Dijkstra"),
    ("Barbara", "Liskov"),
    ("Donald", "Knuth"),
    ("Radia", "Perlman"),
];
const STREETS: [&str; 5] = [
    "Harbour Street",
    "Mill Lane",
    "Station Road",
    "Linden Avenue",
    "Market Square",
];
/// City, region, postal code, country and its code.
const CITIES: [[&str; 5]; 6] = [
    ["Oslo", "Oslo", "0150", "Norway", "NO"],
    ["Berlin", "Berlin", "10115", "Germany", "DE"],
    ["Lisbon", "Lisboa", "1100-148", "Portugal", "PT"],
    ["Kyoto", "Kyoto", "604-8001", "Japan", "JP"],
    ["Toronto", "Ontario", "M5V 2T6", "Canada", "CA"],
    ["Nairobi", "Nairobi County", "00100", "Kenya", "KE"],
];
const COMPANIES: [&str; 5] = [
    "Northwind Traders",
    "Blue Harbour",
    "Fabrikam",
    "Juniper & Sons",
    "Contoso",
];
const SENTENCES: [&str; 5] = [
    "Leave it at the front desk.",
    "Please call before noon.",
    "Checked and ready to go.",
    "Second attempt, as agreed.",
    "Nothing special about this one.",
];
const TITLES: [&str; 5] = [
    "A Field Guide to Lighthouses",
    "The Long Way Home",
    "Notes on Small Machines",
    "Winter Harvest",
    "Maps of the Inner Sea",
];
const CURRENCIES: [&str; 5] = ["EUR", "USD", "GBP", "JPY", "NOK"];
const LANGUAGES: [&str; 5] = ["en", "de", "fr", "ja", "pt"];
const LOCALES: [&str; 5] = ["en-GB", "de-DE", "fr-FR", "ja-JP", "pt-BR"];
const ZONES: [&str; 5] = [
    "Europe/Oslo",
    "Europe/Berlin",
    "America/Toronto",
    "Asia/Tokyo",
    "Africa/Nairobi",
];
const COLOURS: [&str; 5] = ["#1f6feb", "#2ea043", "#d29922", "#a371f7", "#f85149"];
const FILES: [&str; 4] = ["report.pdf", "photo.jpg", "notes.txt", "data.csv"];
const TYPES: [&str; 4] = [
    "application/json",
    "image/png",
    "text/plain",
    "application/pdf",
];
const TAGS: [&str; 8] = [
    "new", "sale", "urgent", "archive", "draft", "beta", "red", "large",
];

/// A text that fits a name.
pub(super) fn text(words: &Words, draw: &mut Draw) -> String {
    of_person(words, draw)
        .or_else(|| of_network(words, draw))
        .or_else(|| of_id(words, draw))
        .or_else(|| of_place(words, draw))
        .or_else(|| of_time(words, draw))
        .or_else(|| of_code(words, draw))
        .or_else(|| of_prose(words, draw))
        .unwrap_or_else(|| format!("{} {}", words.joined(), draw.within(1, 99)))
}

fn of_person(words: &Words, draw: &mut Draw) -> Option<String> {
    let (first, last) = PEOPLE[draw.below(PEOPLE.len())];
    let lower = |text: &str| text.to_lowercase();
    let is_someone = [
        "user",
        "person",
        "customer",
        "author",
        "employee",
        "member",
        "contact",
        "account",
        "owner",
        "recipient",
        "sender",
        "student",
        "patient",
        "passenger",
        "guest",
        "profile",
    ];
    Some(if words.has(&["email", "mail"]) {
        format!("{}.{}@example.com", lower(first), lower(last))
    } else if words.ends_in(&["first", "name"])
        || words.is(&["firstname"])
        || words.ends_in(&["given", "name"])
    {
        first.to_owned()
    } else if words.ends_in(&["last", "name"])
        || words.is(&["lastname", "surname"])
        || words.ends_in(&["family", "name"])
    {
        last.to_owned()
    } else if words.ends(&["username", "login", "nickname", "handle"])
        || words.ends_in(&["user", "name"])
    {
        format!("{}{}", lower(first), draw.within(1, 99))
    } else if words.has(&["phone", "mobile", "telephone", "fax", "msisdn"]) {
        format!("+1202555{:04}", draw.within(100, 199))
    } else if words.ends(&is_someone)
        || words.ends_in(&["full", "name"])
        || (words.is(&["name"]) && words.owner_is(&is_someone))
        || (words.ends_in(&["display", "name"]) && words.owner_is(&is_someone))
        || (words.ends(&["name"]) && words.has(&is_someone))
    {
        format!("{first} {last}")
    } else if words.has(&[
        "company",
        "organization",
        "organisation",
        "vendor",
        "supplier",
        "merchant",
        "brand",
    ]) && !words.ends(&["id"])
    {
        draw.word(&COMPANIES).to_owned()
    } else {
        return None;
    })
}

fn of_network(words: &Words, draw: &mut Draw) -> Option<String> {
    let number = draw.within(1, 254);
    Some(
        if words.has(&[
            "url", "uri", "link", "href", "website", "homepage", "webhook",
        ]) {
            format!("https://example.com/{}/{number}", words.subject())
        } else if words.has(&["ipv6"]) {
            format!("2001:db8::{number:x}")
        } else if words.has(&["ip", "ipv4"]) || words.ends_in(&["remote", "address"]) {
            format!("192.0.2.{number}")
        } else if words.has(&["host", "hostname", "domain", "server"])
            && !words.ends(&["id", "name"])
            || words.is(&["hostname"])
        {
            format!("{}.example.com", draw.word(&["api", "www", "data", "eu-1"]))
        } else if words.ends(&["endpoint", "target", "authority"]) {
            "api.example.com:443".to_owned()
        } else if words.has(&["mac"]) && words.has(&["address"]) {
            format!("00:00:5e:00:53:{number:02x}")
        } else {
            return None;
        },
    )
}

fn of_id(words: &Words, draw: &mut Draw) -> Option<String> {
    Some(
        if words.has(&["uuid", "guid"])
            || words.ends_in(&["request", "id"])
            || words.ends_in(&["idempotency", "key"])
        {
            uuid(draw)
        } else if words.has(&["trace"]) && words.ends(&["id"]) {
            format!("{:016x}{:016x}", draw.bits(), draw.bits())
        } else if words.ends(&["id", "identifier", "ref", "reference"]) || words.is(&["key"]) {
            let subject = match words.subject() {
                subject if subject.is_empty() => "item".to_owned(),
                subject => subject,
            };
            format!("{subject}-{}", draw.within(1_000, 9_999))
        } else if words.has(&["sku"]) {
            format!("SKU-{}", draw.within(10_000, 99_999))
        } else if words.has(&["isbn"]) {
            "9780131103627".to_owned()
        } else if words.has(&["hash", "sha", "sha256", "digest", "checksum", "fingerprint"]) {
            (0..4).map(|_| format!("{:016x}", draw.bits())).collect()
        } else if words.ends(&["token", "secret", "password", "passphrase"]) {
            format!(
                "example-{}-{:06x}",
                words.joined().replace(' ', "-"),
                draw.below(1 << 24)
            )
        } else {
            return None;
        },
    )
}

/// A UUID of version 4.
pub(in super::super) fn uuid(draw: &mut Draw) -> String {
    let bits = (u128::from(draw.bits()) << 64) | u128::from(draw.bits());
    uuid::Builder::from_random_bytes(bits.to_be_bytes())
        .into_uuid()
        .to_string()
}

fn of_place(words: &Words, draw: &mut Draw) -> Option<String> {
    let [city, region, postal, country, code] = CITIES[draw.below(CITIES.len())];
    let street = || {
        format!(
            "{} {}",
            draw.clone().within(1, 120),
            draw.clone().word(&STREETS)
        )
    };
    Some(if words.ends(&["city", "town", "locality"]) {
        city.to_owned()
    } else if words.has(&["country"]) && words.ends(&["code", "iso"])
        || words.ends_in(&["region", "code"])
    {
        code.to_owned()
    } else if words.ends(&["country", "nation"]) {
        country.to_owned()
    } else if words.has(&["zip", "postcode", "postal"]) {
        postal.to_owned()
    } else if words.is(&["province", "county"])
        || (words.ends(&["region", "state"]) && words.owner_is(&["address", "location"]))
    {
        region.to_owned()
    } else if words.ends(&["street", "line1"]) || words.ends_in(&["address", "line"]) {
        street()
    } else if words.ends(&["address"]) {
        format!("{}, {postal} {city}", street())
    } else {
        return None;
    })
}

fn of_time(words: &Words, draw: &mut Draw) -> Option<String> {
    let moment = time::moment(words, draw);
    let whole = || known::timestamp(moment, 0).replace('"', "");
    Some(if words.ends(&["date", "birthday", "birthdate", "dob"]) {
        whole().chars().take(10).collect()
    } else if words.ends(&["at", "timestamp", "datetime"]) || words.ends(&["time"]) {
        whole()
    } else if words.ends(&["duration", "timeout", "ttl"]) {
        "30s".to_owned()
    } else {
        return None;
    })
}

fn of_code(words: &Words, draw: &mut Draw) -> Option<String> {
    Some(if words.has(&["currency"]) {
        draw.word(&CURRENCIES).to_owned()
    } else if words.has(&["locale"]) {
        draw.word(&LOCALES).to_owned()
    } else if words.has(&["language", "lang"]) {
        draw.word(&LANGUAGES).to_owned()
    } else if words.has(&["timezone", "tz"]) || words.ends_in(&["time", "zone"]) {
        draw.word(&ZONES).to_owned()
    } else if words.has(&["color", "colour"]) {
        draw.word(&COLOURS).to_owned()
    } else if words.ends(&["version"]) {
        format!(
            "{}.{}.{}",
            draw.within(1, 4),
            draw.within(0, 9),
            draw.within(0, 9)
        )
    } else if words.has(&["mime", "media"]) || words.ends_in(&["content", "type"]) {
        draw.word(&TYPES).to_owned()
    } else if words.ends(&["filename", "file", "attachment"]) || words.ends_in(&["file", "name"]) {
        draw.word(&FILES).to_owned()
    } else if words.ends(&["path", "directory", "folder"]) {
        format!("/{}/{}", words.owner, draw.word(&FILES))
    } else if words.ends(&["tag", "label", "category", "keyword"]) {
        draw.word(&TAGS).to_owned()
    } else if words.ends(&["price", "amount", "total", "cost"]) {
        format!("{}.{:02}", draw.within(1, 200), draw.within(0, 99))
    } else if words.is(&["key"]) {
        draw.word(&TAGS).to_owned()
    } else {
        return None;
    })
}

fn of_prose(words: &Words, draw: &mut Draw) -> Option<String> {
    let is_long = [
        "description",
        "comment",
        "note",
        "message",
        "text",
        "body",
        "content",
        "summary",
        "reason",
        "detail",
        "remark",
        "bio",
        "feedback",
        "review",
    ];
    Some(if words.ends(&is_long) {
        draw.word(&SENTENCES).to_owned()
    } else if words.ends(&["title", "subject", "headline"]) {
        draw.word(&TITLES).to_owned()
    } else if words.ends(&["query", "search", "q"]) {
        draw.word(&["lighthouse", "harbour", "winter"]).to_owned()
    } else if words.ends(&["name"]) {
        // `display_name` of a shelf is the name of the shelf.
        let of = words.subject();
        let of = match of.as_str() {
            "display" | "short" | "long" | "resource" => &words.owner,
            other => other,
        };
        format!("{}-{}", of, draw.within(1, 99))
    } else {
        return None;
    })
}
