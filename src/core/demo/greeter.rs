//! `demo.v1.Greeter`: the first call.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use tonic::{Request, Response, Status};

use super::proto::{
    HelloReply, HelloRequest, Language,
    greeter_server::{Greeter, GreeterServer},
};

pub(super) fn service() -> GreeterServer<impl Greeter> {
    GreeterServer::new(Service::default())
}

#[derive(Debug, Default)]
struct Service {
    greeted: AtomicU64,
}

#[tonic::async_trait]
impl Greeter for Service {
    async fn say_hello(
        &self,
        request: Request<HelloRequest>,
    ) -> Result<Response<HelloReply>, Status> {
        let request = request.into_inner();
        let language = match request.language() {
            Language::Unspecified => Language::English,
            language => language,
        };
        let greeted = self.greeted.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(Response::new(HelloReply {
            greeting: greeting(language, request.name.trim(), request.excited),
            language: language.into(),
            greeted,
            said_at: Some(SystemTime::now().into()),
        }))
    }
}

fn greeting(language: Language, name: &str, excited: bool) -> String {
    let (hello, world) = match language {
        Language::Unspecified | Language::English => ("Hello", "world"),
        Language::German => ("Hallo", "Welt"),
        Language::French => ("Bonjour", "tout le monde"),
        Language::Spanish => ("Hola", "mundo"),
        Language::Portuguese => ("Olá", "mundo"),
        Language::Italian => ("Ciao", "mondo"),
        Language::Finnish => ("Hei", "maailma"),
        Language::Swahili => ("Habari", "dunia"),
        Language::Hindi => ("नमस्ते", "दुनिया"),
        Language::Japanese => ("こんにちは", "世界"),
    };
    let name = if name.is_empty() { world } else { name };
    let (comma, end) = match (language, excited) {
        (Language::Japanese, true) => ("、", "！"),
        (Language::Japanese, false) => ("、", ""),
        (_, true) => (", ", "!"),
        (_, false) => (", ", ""),
    };
    format!("{hello}{comma}{name}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greets_by_name_and_the_world_without_one() {
        let cases = [
            ("a name", Language::English, "Ada", false, "Hello, Ada"),
            ("nobody", Language::English, "", false, "Hello, world"),
            ("excited", Language::Finnish, "Ada", true, "Hei, Ada!"),
            (
                "no spaces",
                Language::Japanese,
                "",
                true,
                "こんにちは、世界！",
            ),
        ];
        for (case, language, name, excited, expected) in cases {
            assert_eq!(greeting(language, name, excited), expected, "{case}");
        }
    }
}
