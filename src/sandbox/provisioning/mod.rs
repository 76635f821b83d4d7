//! The endpoint of Entra Connect: `POST /provisioningservice.svc` (password-sync reference, 3).
//!
//! It works on the objects that Graph shows, by the rules for objects that another directory masters. It knows the
//! messages of the service by their codec and nothing of the program that sends them.

mod access;
mod anchors;
mod attributes;
mod calculation;
mod configuration;
mod credentials;
mod export;
mod failure;
mod known_attributes;
mod linking;
mod matching;
mod quarantine;
mod shaping;
mod writing;

use serde_json::{Value, json};
use uuid::Uuid;

use self::attributes::Generation;
pub(crate) use self::quarantine::{recalculate, review};
use super::audit::AuditLine;
use super::exchange::{Fate, Request, Response};
use super::faults::Effect;
use super::routes;
use super::tenant::Tenant;
use crate::wire::provisioning::{
    Answer, DecodeError, Operation, Received, Refusal, Request as Asked, ServiceFault, decode_request,
    encode_answer, encode_refusal,
};
use crate::wire::soap::{AnswerHead, Fault, Head};

const PATH: &str = "/provisioningservice.svc";
const CONTENT_TYPE: &str = "application/soap+msbin1";

/// What happened to a call, for the audit log.
#[derive(Debug, Default)]
struct Trace {
    app: String,
    body: Option<Value>,
}

/// Answers any request to the endpoint.
pub(crate) fn answer(tenant: &mut Tenant, request: &Request) -> Response {
    routes::keep_house(tenant);
    let mut trace = Trace::default();
    let id = tenant.request_id();
    let response = respond(tenant, request, (&mut trace, id));
    tenant.audit.record(AuditLine {
        at: tenant.now(),
        method: request.method.clone(),
        path: PATH.to_owned(),
        app: trace.app,
        request_id: id.to_string(),
        batched: false,
        status: response.status,
        body: trace.body,
    });
    response
}

fn respond(tenant: &mut Tenant, request: &Request, (trace, id): (&mut Trace, Uuid)) -> Response {
    if request.method != "POST" {
        return Response { status: 405, ..Response::default() }.header("Allow", "POST");
    }
    let kind = request.header("content-type").unwrap_or_default();
    let media = kind.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case(CONTENT_TYPE) {
        let text = format!(
            "Cannot process the message because the content type '{kind}' was not the expected type '{CONTENT_TYPE}'."
        );
        return Response { status: 415, ..Response::text(text) };
    }
    let struck = tenant.faults.strike("POST", PATH);
    let received = match (struck, decode_request(&request.body)) {
        (Some(Effect::Status { status, retry_after_s, code: _, message: _ }), _) => {
            let mut response = Response { status, ..Response::default() };
            response.headers.extend(retry_after_s.map(|it| ("Retry-After".to_owned(), it.to_string())));
            return response;
        }
        (Some(Effect::Reset), _) => return Response { fate: Fate::Cut, ..Response::default() },
        (_, Err(error)) => return refuse(&Head::default(), id, &malformed(&error)),
        (Some(Effect::ServiceFault { code, text }), Ok(received)) => {
            let code = code.to_string();
            let text = text.unwrap_or_else(|| access::text_of(&code).to_owned());
            return refuse(&received.head, id, &access::refusal(&code, &text, received.token.as_ref()));
        }
        (Some(Effect::Redirect), Ok(received)) => {
            let url = format!("{}{PATH}", request.base);
            return refuse(&received.head, id, &ServiceFault::Redirect(url));
        }
        (Some(Effect::LostResponse), Ok(received)) => {
            let done = perform(tenant, request, (&received, trace));
            return Response { fate: Fate::Cut, ..render(&received, id, done) };
        }
        (Some(Effect::DeltaGone | Effect::DeltaReplay) | None, Ok(received)) => received,
    };
    let done = perform(tenant, request, (&received, trace));
    render(&received, id, done)
}

fn render(received: &Received, id: Uuid, done: Result<Answer, ServiceFault>) -> Response {
    let answer = match done {
        Ok(answer) => answer,
        Err(fault) => return refuse(&received.head, id, &fault),
    };
    let action = answer.operation().answer_action();
    let head = AnswerHead { action: &action, relates_to: received.head.message_id, activity_id: Some(id) };
    match encode_answer(&head, &answer) {
        Ok(bytes) => {
            Response { status: 200, bytes: Some((CONTENT_TYPE, bytes.to_vec())), ..Response::default() }
        }
        // Something that was sent cannot stand in XML and cannot be sent back.
        Err(_) => refuse(
            &received.head,
            id,
            &sender_fault("DeserializationFailed", "The answer cannot be written."),
        ),
    }
}

/// A fault: HTTP 500 with a body in binary XML.
fn refuse(asked: &Head, id: Uuid, fault: &ServiceFault) -> Response {
    let head = AnswerHead { action: "", relates_to: asked.message_id, activity_id: Some(id) };
    let unsaid =
        || encode_refusal(&head, &sender_fault("DeserializationFailed", "The message is not valid."));
    let bytes = encode_refusal(&head, fault).or_else(|_| unsaid()).map(|it| it.to_vec()).unwrap_or_default();
    Response { status: 500, bytes: Some((CONTENT_TYPE, bytes)), ..Response::default() }
}

fn sender_fault(subcode: &str, reason: &str) -> ServiceFault {
    ServiceFault::Soap(Fault {
        code: "Sender".to_owned(),
        subcodes: vec![subcode.to_owned()],
        reason: reason.to_owned(),
        details: Vec::new(),
    })
}

fn malformed(error: &DecodeError) -> ServiceFault {
    match error {
        DecodeError::Operation(_) => unsupported(),
        DecodeError::Soap(_)
        | DecodeError::Foreign { .. }
        | DecodeError::Missing(_)
        | DecodeError::Value { .. }
        | DecodeError::TooMany { .. } => {
            let reason =
                format!("The formatter threw an exception while trying to deserialize the message: {error}.");
            sender_fault("DeserializationFailed", &reason)
        }
    }
}

fn unsupported() -> ServiceFault {
    sender_fault(
        "ActionNotSupported",
        "The message with this Action cannot be processed at the receiver, due to a ContractFilter mismatch at the \
         EndpointDispatcher.",
    )
}

fn perform(
    tenant: &mut Tenant,
    request: &Request,
    (received, trace): (&Received, &mut Trace),
) -> Result<Answer, ServiceFault> {
    let operation = received.request.operation();
    trace.body = Some(json!({ "operation": operation.name() }));
    if received.head.action != operation.action() {
        return Err(unsupported());
    }
    // Whoever follows comes back with the next number.
    let hop: u8 = request.parameter("hop").and_then(|it| it.parse().ok()).unwrap_or(0);
    if hop < tenant.seed.provisioning.redirects {
        return Err(ServiceFault::Redirect(format!("{}{PATH}?hop={}", request.base, hop + 1)));
    }
    let caller = access::check(tenant, received.token.as_ref(), operation)?;
    trace.app = caller.app;
    let refused = |refusal: Refusal| {
        let tracking_id = received.token.as_ref().map(|it| it.tracking_id.to_string());
        ServiceFault::Refused(Refusal { tracking_id, ..refusal })
    };
    match &received.request {
        Asked::GetCompanyConfiguration { include_license_information: _ } => {
            Ok(Answer::CompanyConfiguration(Box::new(configuration::read(tenant))))
        }
        Asked::SetCompanyDirsyncFeatures(features) => {
            configuration::set_features(tenant, *features).map_err(refused)?;
            Ok(Answer::FeaturesSet)
        }
        Asked::Capabilities => Ok(Answer::Capabilities(configuration::capabilities(tenant))),
        Asked::ProvisionObjects(objects) => {
            trace.body = Some(export::trace(operation, objects));
            Ok(Answer::Objects(export::write(tenant, objects, Generation::Whole).map_err(refused)?))
        }
        Asked::ProvisionObjects2(objects) => {
            trace.body = Some(export::trace(operation, objects));
            Ok(Answer::Objects2(export::write(tenant, objects, Generation::Changes).map_err(refused)?))
        }
        Asked::FinalizeExport { total, successful } => {
            let build = received.token.as_ref().map_or("", |it| &it.build_number);
            configuration::finish_export(tenant, build, (*total, *successful)).map_err(refused)?;
            Ok(Answer::ExportFinalized)
        }
        Asked::ProvisionCredentials(items) => {
            trace.body = Some(json!({ "operation": Operation::name(operation), "items": items.len() }));
            Ok(Answer::Credentials(credentials::write(tenant, items).map_err(refused)?))
        }
    }
}
