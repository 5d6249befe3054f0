//! Connections by endpoint, dialled once and shared.
//!
//! A slot is dialling or connected. Waiters of one dial share its result, be it a channel or an
//! error; when the last of them goes away the dial is given up. A slot whose connection is broken
//! or going away is replaced by the next call; calls still running on it go on. So is one that was
//! idle for [`IDLE_LIMIT`]: something on the path may have forgotten it, and a call on it would hang.
//! How often a server wants to be pinged at most is learned from its GOAWAY, and kept.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::sync::watch;

use super::{
    Channel, ConnectError, ConnectSteps, Endpoint, Keepalive,
    dial::ConnectLimits,
    keepalive::{LEAST_INTERVAL, allowed},
    proxy::ProxyEnvironment,
    tap::Tap,
};

/// A connection on which no call has run for so long is closed. Routers and load balancers forget
/// silent connections after 5 minutes or more.
const IDLE_LIMIT: Duration = Duration::from_secs(300);

/// A connection that was idle for longer is looked at before it is used.
const LOOK_AFTER: Duration = Duration::from_millis(50);

type DialResult = Option<Result<Channel, Arc<ConnectError>>>;

#[derive(Debug)]
enum Slot {
    Dialling(Arc<watch::Sender<DialResult>>, ConnectSteps),
    Connected(Channel),
}

type Slots = Mutex<HashMap<Endpoint, Slot>>;

/// Connections by endpoint. A connection that is broken or going away is replaced on the next call;
/// two calls that need the same new connection share one dial.
#[derive(Debug)]
pub struct Pool {
    slots: Arc<Slots>,
    limits: ConnectLimits,
    proxies: Arc<ProxyEnvironment>,
    /// What was learned from servers that were pinged too often.
    calmer: Mutex<HashMap<Endpoint, Keepalive>>,
    /// Tests cannot wait for what clients may do.
    pub(crate) least_ping_interval: Duration,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            slots: Arc::default(),
            limits: ConnectLimits::default(),
            proxies: Arc::default(),
            calmer: Mutex::default(),
            least_ping_interval: LEAST_INTERVAL,
        }
    }
}

impl Pool {
    /// An empty pool, with the proxies that the environment names now.
    pub fn new() -> Self {
        Self::default().with_proxies(ProxyEnvironment::from_env())
    }

    /// With other proxies than the environment's.
    #[must_use]
    pub fn with_proxies(mut self, proxies: ProxyEnvironment) -> Self {
        self.proxies = Arc::new(proxies);
        self
    }

    /// An empty pool whose connections have these limits, without proxies.
    pub fn with_limits(limits: ConnectLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// The endpoint's connection, and whether it was already open.
    ///
    /// # Errors
    /// As [`Channel::connect`].
    pub async fn channel(&self, endpoint: &Endpoint) -> Result<(Channel, bool), Arc<ConnectError>> {
        self.channel_watched(endpoint, &mut None).await
    }

    /// As [`channel`](Self::channel); `steps` is set to those of the dial that is waited for, and tells
    /// how far it came, also after this future was dropped.
    ///
    /// # Errors
    /// As [`Channel::connect`].
    pub async fn channel_watched(
        &self,
        endpoint: &Endpoint,
        steps: &mut Option<ConnectSteps>,
    ) -> Result<(Channel, bool), Arc<ConnectError>> {
        if let Some(channel) = self.open_channel(endpoint) {
            if channel.tap().idle() < LOOK_AFTER {
                return Ok((channel, true));
            }
            // The server may have closed it meanwhile: let its driver read what has come.
            tokio::task::yield_now().await;
            if channel.usable() {
                return Ok((channel, true));
            }
        }
        let mut result = {
            let mut slots = lock(&self.slots);
            self.clean(&mut slots);
            match slots.get(endpoint) {
                Some(Slot::Connected(channel)) => return Ok((channel.clone(), true)),
                Some(Slot::Dialling(result, taken)) => {
                    *steps = Some(taken.clone());
                    result.subscribe()
                }
                None => {
                    let (sender, receiver) = watch::channel(None);
                    let sender = Arc::new(sender);
                    let taken = steps.insert(ConnectSteps::default()).clone();
                    let slot = Slot::Dialling(sender.clone(), taken.clone());
                    slots.insert(endpoint.clone(), slot);
                    let pinged = Endpoint {
                        keepalive: self.keepalive(endpoint),
                        ..endpoint.clone()
                    };
                    tokio::spawn(dial(
                        self.slots.clone(),
                        endpoint.clone(),
                        pinged,
                        self.limits,
                        self.proxies.clone(),
                        taken,
                        sender,
                    ));
                    receiver
                }
            }
        };
        let lost = || {
            Arc::new(ConnectError::Broken {
                reason: "dialling was given up".to_owned(),
            })
        };
        // The sender stays in its slot until it has sent, so the wait fails only when the
        // runtime goes down.
        let result = result.wait_for(Option::is_some).await.map_err(|_| lost())?;
        match &*result {
            Some(Ok(channel)) => Ok((channel.clone(), false)),
            Some(Err(error)) => Err(error.clone()),
            None => Err(lost()),
        }
    }

    fn open_channel(&self, endpoint: &Endpoint) -> Option<Channel> {
        let mut slots = lock(&self.slots);
        self.clean(&mut slots);
        match slots.get(endpoint) {
            Some(Slot::Connected(channel)) => Some(channel.clone()),
            Some(Slot::Dialling(..)) | None => None,
        }
    }

    /// Drops what no new call can use.
    fn clean(&self, slots: &mut HashMap<Endpoint, Slot>) {
        slots.retain(|endpoint, slot| match slot {
            Slot::Dialling(..) => true,
            Slot::Connected(channel) => {
                let usable = channel.usable() && channel.tap().idle() < IDLE_LIMIT;
                if !usable && let Some(calmer) = channel.calmer_keepalive() {
                    lock(&self.calmer).insert(endpoint.clone(), calmer);
                }
                usable
            }
        });
    }

    /// How often the endpoint is pinged: as asked for, as clients may, and as its server allows.
    fn keepalive(&self, endpoint: &Endpoint) -> Option<Keepalive> {
        let asked = allowed(endpoint.keepalive?, self.least_ping_interval);
        let calmer = lock(&self.calmer).get(endpoint).copied();
        Some(calmer.unwrap_or(asked))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Dials an endpoint into its slot; `pinged` is the same with the pings its server allows.
async fn dial(
    slots: Arc<Slots>,
    endpoint: Endpoint,
    pinged: Endpoint,
    limits: ConnectLimits,
    proxies: Arc<ProxyEnvironment>,
    steps: ConnectSteps,
    sender: Arc<watch::Sender<DialResult>>,
) {
    let mut given_up = GivenUp {
        slots: &slots,
        endpoint: Some(&endpoint),
    };
    let result = {
        let connect = Channel::connect_watched(&pinged, &limits, &proxies, &steps);
        tokio::pin!(connect);
        loop {
            tokio::select! {
                result = &mut connect => break result.map_err(Arc::new),
                () = sender.closed() => {
                    // Under the lock nobody can subscribe: either someone just did, and the
                    // dial goes on, or nobody will.
                    let mut slots = lock(&slots);
                    if sender.receiver_count() == 0 {
                        slots.remove(&endpoint);
                        given_up.endpoint = None;
                        return;
                    }
                }
            }
        }
    };
    given_up.endpoint = None;
    let mut open = lock(&slots);
    match &result {
        Ok(channel) => {
            let (slots, tap) = (Arc::downgrade(&slots), channel.tap().clone());
            tokio::spawn(retire(slots, endpoint.clone(), tap));
            open.insert(endpoint.clone(), Slot::Connected(channel.clone()))
        }
        Err(_) => open.remove(&endpoint),
    };
    sender.send_replace(Some(result));
}

/// Closes a connection once it was idle for too long. Ends with the pool, or when the slot holds
/// another connection or none.
async fn retire(slots: Weak<Slots>, endpoint: Endpoint, tap: Arc<Tap>) {
    loop {
        // Not less than a second, whatever the clocks say.
        let left = IDLE_LIMIT
            .saturating_sub(tap.idle())
            .max(Duration::from_secs(1));
        tokio::time::sleep(left).await;
        let Some(slots) = slots.upgrade() else { return };
        let mut slots = lock(&slots);
        match slots.get(&endpoint) {
            Some(Slot::Connected(channel)) if Arc::ptr_eq(channel.tap(), &tap) => {
                if tap.idle() >= IDLE_LIMIT {
                    slots.remove(&endpoint);
                    return;
                }
            }
            _ => return,
        }
    }
}

/// Frees the slot of a dial that ends without a result, by a panic of ours: nobody may wait for it.
struct GivenUp<'a> {
    slots: &'a Slots,
    endpoint: Option<&'a Endpoint>,
}

impl Drop for GivenUp<'_> {
    fn drop(&mut self) {
        if let Some(endpoint) = self.endpoint {
            lock(self.slots).remove(endpoint);
        }
    }
}
