//! `demo.v1.Atlas`: all four kinds of call, on the places of `place.rs`.

use std::{
    collections::HashMap,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio_stream::{Stream, StreamExt as _};
use tonic::{Code, Request, Response, Status, Streaming};

use super::{
    geo::{self, Bounds},
    place::places,
    proto::{
        GetPlaceRequest, ListPlacesRequest, Note, Place, PlaceKind, Position, Receipt, Reply,
        TripPoint, TripSummary,
        atlas_server::{Atlas, AtlasServer},
        get_place_request::By,
        reply,
    },
    rich::{self, ErrorInfo, at_most, invalid},
};

const MAX_PAUSE_MS: u32 = 10_000;
/// How near a point of a trip passes a place.
const PASSED_KM: f64 = 50.0;
/// Notes one conversation keeps.
const MAX_NOTES: u32 = 1_000;
const MAX_NOTE_BYTES: usize = 4_096;

type BoxStream<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

pub(super) fn service() -> AtlasServer<impl Atlas> {
    AtlasServer::new(Service)
}

#[derive(Debug)]
struct Service;

#[tonic::async_trait]
impl Atlas for Service {
    async fn get_place(
        &self,
        request: Request<GetPlaceRequest>,
    ) -> Result<Response<Place>, Status> {
        let place = match request.into_inner().by {
            Some(By::Name(name)) => by_name(&name)?,
            Some(By::NearestTo(position)) => nearest(&geo::check("nearest_to", Some(position))?)?,
            None => return Err(invalid("by", "is missing: set `name` or `nearest_to`")),
        };
        Ok(Response::new(place))
    }

    type ListPlacesStream = BoxStream<Place>;

    async fn list_places(
        &self,
        request: Request<ListPlacesRequest>,
    ) -> Result<Response<Self::ListPlacesStream>, Status> {
        let request = request.into_inner();
        let pause_ms = at_most("pause_ms", request.pause_ms, MAX_PAUSE_MS)?;
        let places = tokio_stream::iter(matching(&request)?.into_iter().map(Ok));
        if pause_ms == 0 {
            return Ok(Response::new(Box::pin(places)));
        }
        let pause = Duration::from_millis(pause_ms.into());
        Ok(Response::new(Box::pin(places.throttle(pause))))
    }

    async fn record_trip(
        &self,
        request: Request<Streaming<TripPoint>>,
    ) -> Result<Response<TripSummary>, Status> {
        let mut points = request.into_inner();
        let mut trip = Trip::new();
        while let Some(point) = points.message().await? {
            trip.add(&point)?;
        }
        Ok(Response::new(trip.summary()))
    }

    type ConverseStream = BoxStream<Reply>;

    async fn converse(
        &self,
        request: Request<Streaming<Note>>,
    ) -> Result<Response<Self::ConverseStream>, Status> {
        let conversation = Conversation::new(request.into_inner());
        Ok(Response::new(Box::pin(conversation)))
    }
}

fn by_name(name: &str) -> Result<Place, Status> {
    let wanted = name.trim().to_lowercase();
    if wanted.is_empty() {
        return Err(invalid("name", "is empty"));
    }
    places()
        .find(|place| place.name.to_lowercase() == wanted)
        .ok_or_else(|| {
            let info = ErrorInfo {
                reason: "NO_SUCH_PLACE".to_owned(),
                domain: "demo.v1".to_owned(),
                metadata: [("name".to_owned(), name.to_owned())].into(),
            };
            rich::status(
                Code::NotFound,
                &format!("the atlas has no place named `{name}`; `ListPlaces` lists them"),
                vec![rich::any("google.rpc.ErrorInfo", &info)],
            )
        })
}

fn nearest(position: &Position) -> Result<Place, Status> {
    places()
        .min_by(|a, b| distance(a, position).total_cmp(&distance(b, position)))
        .ok_or_else(|| Status::not_found("the atlas is empty"))
}

/// Places have positions; one without would be infinitely far.
fn distance(place: &Place, from: &Position) -> f64 {
    place
        .position
        .as_ref()
        .map_or(f64::INFINITY, |position| geo::distance_km(position, from))
}

/// The places that are wanted, from north to south.
fn matching(request: &ListPlacesRequest) -> Result<Vec<Place>, Status> {
    let within = match &request.within {
        Some(within) => Some(Bounds::check("within", within)?),
        None => None,
    };
    let any_kind = request.kinds().all(|kind| kind == PlaceKind::Unspecified);
    let mut found: Vec<_> = places()
        .filter(|place| any_kind || request.kinds.contains(&place.kind))
        .filter(|place| match (&within, &place.position) {
            (Some(within), Some(position)) => within.contains(position),
            (Some(_), None) => false,
            (None, _) => true,
        })
        .collect();
    let latitude = |place: &Place| place.position.as_ref().map_or(0.0, |at| at.latitude);
    found.sort_by(|a, b| latitude(b).total_cmp(&latitude(a)));
    Ok(found)
}

/// A trip as it grows. Keeps no points, only what the summary needs.
#[derive(Debug, Default)]
struct Trip {
    atlas: Vec<Place>,
    points: u32,
    distance_km: f64,
    last: Option<Position>,
    begin: Option<prost_types::Timestamp>,
    end: Option<prost_types::Timestamp>,
    passed: Vec<String>,
}

impl Trip {
    fn new() -> Self {
        Self {
            atlas: places().collect(),
            ..Self::default()
        }
    }

    fn add(&mut self, point: &TripPoint) -> Result<(), Status> {
        let here = geo::check("position", point.position)?;
        if self.points == 0 {
            self.begin = point.at;
        }
        self.end = point.at;
        self.points = self.points.saturating_add(1);
        if let Some(last) = &self.last {
            self.distance_km += geo::distance_km(last, &here);
        }
        self.last = Some(here);
        for place in &self.atlas {
            if distance(place, &here) <= PASSED_KM && !self.passed.contains(&place.name) {
                self.passed.push(place.name.clone());
            }
        }
        Ok(())
    }

    fn summary(self) -> TripSummary {
        let duration = match (self.begin, self.end) {
            (Some(begin), Some(end)) => span(begin, end),
            _ => None,
        };
        let hours = duration.map_or(0.0, |duration| duration.as_secs_f64() / 3600.0);
        TripSummary {
            points: self.points,
            distance_km: self.distance_km,
            duration: duration.and_then(|duration| duration.try_into().ok()),
            speed_kmh: (hours > 0.0).then(|| self.distance_km / hours),
            passed: self.passed,
        }
    }
}

/// From one moment to a later one; `None` when they are out of order or no moments at all.
fn span(begin: prost_types::Timestamp, end: prost_types::Timestamp) -> Option<Duration> {
    let nanos = |time: prost_types::Timestamp| {
        let nanos = u32::try_from(time.nanos).ok()?;
        Some(i128::from(time.seconds) * 1_000_000_000 + i128::from(nanos))
    };
    let nanos = nanos(end)?.checked_sub(nanos(begin)?)?;
    u64::try_from(nanos).ok().map(Duration::from_nanos)
}

/// One conversation: for each note that comes, what is said back.
struct Conversation {
    incoming: Streaming<Note>,
    /// By the place's name in lower case.
    notes: HashMap<String, Vec<Note>>,
    received: u32,
    /// Replies that are due, the next one last.
    due: Vec<Reply>,
}

impl Conversation {
    fn new(incoming: Streaming<Note>) -> Self {
        Self {
            incoming,
            notes: HashMap::new(),
            received: 0,
            due: Vec::new(),
        }
    }

    fn receive(&mut self, note: Note) -> Result<(), Status> {
        if note.place.trim().is_empty() {
            return Err(invalid("place", "is empty"));
        }
        if note.place.len() + note.author.len() + note.text.len() > MAX_NOTE_BYTES {
            return Err(invalid("text", "is too long"));
        }
        if self.received >= MAX_NOTES {
            return Err(Status::resource_exhausted(format!(
                "a conversation keeps {MAX_NOTES} notes"
            )));
        }
        self.received += 1;
        let key = note.place.trim().to_lowercase();
        let there = self
            .notes
            .entry(key)
            .or_insert_with_key(|key| guide_note(key).into_iter().collect());
        let earlier: Vec<_> = there.iter().cloned().map(reply::Reply::Earlier).collect();
        let place = note.place.clone();
        there.push(note);
        let receipt = reply::Reply::Receipt(Receipt {
            place,
            number: self.received,
            notes_there: u32::try_from(there.len()).unwrap_or(u32::MAX),
        });
        let replies = earlier.into_iter().chain([receipt]);
        self.due = replies.map(|reply| Reply { reply: Some(reply) }).collect();
        self.due.reverse();
        Ok(())
    }
}

/// The note the guide left at a place of the atlas, by its name in lower case.
fn guide_note(key: &str) -> Option<Note> {
    let place = places().find(|place| place.name.to_lowercase() == key)?;
    Some(Note {
        place: place.name,
        author: "the guide".to_owned(),
        text: place.fact,
    })
}

impl Stream for Conversation {
    type Item = Result<Reply, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(reply) = self.due.pop() {
                return Poll::Ready(Some(Ok(reply)));
            }
            match ready!(Pin::new(&mut self.incoming).poll_next(cx)) {
                None => return Poll::Ready(None),
                Some(Err(status)) => return Poll::Ready(Some(Err(status))),
                Some(Ok(note)) => {
                    if let Err(status) = self.receive(note) {
                        return Poll::Ready(Some(Err(status)));
                    }
                }
            }
        }
    }
}
