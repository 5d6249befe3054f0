//! Connections by endpoint, dialled once and shared.
//!
//! A slot is dialling or connected. Waiters of one dial share its result, be it a channel or an
//! error; when the last of them goes away the dial is given up. A slot whose connection is broken
//! or going away is replaced by the next call; calls still running on it go on.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::{Channel, ConnectError, Endpoint, dial::ConnectLimits, proxy::ProxyEnvironment};

type DialResult = Option<Result<Channel, Arc<ConnectError>>>;

#[derive(Debug)]
enum Slot {
    Dialling(Arc<watch::Sender<DialResult>>),
    Connected(Channel),
}

type Slots = Mutex<HashMap<Endpoint, Slot>>;

/// Connections by endpoint. A connection that is broken or going away is replaced on the next call;
/// two calls that need the same new connection share one dial.
#[derive(Debug, Default)]
pub struct Pool {
    slots: Arc<Slots>,
    limits: ConnectLimits,
    proxies: Arc<ProxyEnvironment>,
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
        let mut result = {
            let mut slots = lock(&self.slots);
            slots.retain(|_, slot| match slot {
                Slot::Dialling(_) => true,
                Slot::Connected(channel) => channel.usable(),
            });
            match slots.get(endpoint) {
                Some(Slot::Connected(channel)) => return Ok((channel.clone(), true)),
                Some(Slot::Dialling(result)) => result.subscribe(),
                None => {
                    let (sender, receiver) = watch::channel(None);
                    let sender = Arc::new(sender);
                    slots.insert(endpoint.clone(), Slot::Dialling(sender.clone()));
                    tokio::spawn(dial(
                        self.slots.clone(),
                        endpoint.clone(),
                        self.limits,
                        self.proxies.clone(),
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
}

fn lock(slots: &Slots) -> MutexGuard<'_, HashMap<Endpoint, Slot>> {
    slots.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn dial(
    slots: Arc<Slots>,
    endpoint: Endpoint,
    limits: ConnectLimits,
    proxies: Arc<ProxyEnvironment>,
    sender: Arc<watch::Sender<DialResult>>,
) {
    let mut given_up = GivenUp {
        slots: &slots,
        endpoint: Some(&endpoint),
    };
    let result = {
        let connect = Channel::connect_with(&endpoint, &limits, &proxies);
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
    let mut slots = lock(&slots);
    match &result {
        Ok(channel) => slots.insert(endpoint.clone(), Slot::Connected(channel.clone())),
        Err(_) => slots.remove(&endpoint),
    };
    sender.send_replace(Some(result));
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
