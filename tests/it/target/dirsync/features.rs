//! Switches of the tenant: what is asked, what is written, and what is believed.

use expect_test::{Expect, expect};
use samesign::model::Feature;
use samesign::target::Step;
use samesign::wire::provisioning::{Answer, CompanyConfiguration, DirSyncFeatures, Request};

use super::script::{Asked, Say, Service, id, outcomes};

fn configuration(bits: Option<i32>) -> Say {
    let features = bits.map(DirSyncFeatures);
    let configuration = CompanyConfiguration { features, ..CompanyConfiguration::default() };
    Say::Good(Answer::CompanyConfiguration(Box::new(configuration)))
}

/// A tenant whose switches are as the number says; those of `stuck` do not move.
async fn tenant(bits: impl Into<Option<i32>>, stuck: i32) -> Service {
    let mut bits = bits.into();
    Service::start(move |asked| {
        let Request::SetCompanyDirsyncFeatures(wanted) = &asked.received.request else {
            return configuration(bits);
        };
        bits = bits.map(|it| (wanted.0 & !stuck) | (it & stuck));
        Say::Good(Answer::FeaturesSet)
    })
    .await
}

fn line(asked: &Asked) -> String {
    let request = &asked.received.request;
    let Request::SetCompanyDirsyncFeatures(bits) = request else {
        return format!("{}\n", request.operation().name());
    };
    format!("set {:#x}\n", bits.0)
}

async fn check(service: &Service, turns: &[(Feature, bool)], expected: Expect) {
    let step = Step::TurnFeatures { tenant: id(7), turns: turns.to_vec() };
    let outcomes = outcomes(&service.target(), &[step]).await;
    let asked: String = service.asked().iter().map(line).collect();
    // Each message has an identity of its own.
    let outcome = outcomes[0].split(" (tracking id ").next().unwrap();
    expected.assert_eq(&(asked + outcome));
}

#[tokio::test]
async fn bits_without_a_name_stay_and_all_are_read_again() {
    let service = tenant(0x4000_0008, 0).await;
    let turns = [(Feature::PasswordSync, true), (Feature::BlockSoftMatch, true)];
    check(
        &service,
        &turns,
        expect![[r#"
        GetCompanyConfiguration
        set 0x40080009
        GetCompanyConfiguration
        applied 000000000007"#]],
    )
    .await;
}

#[tokio::test]
async fn what_is_as_wanted_is_not_written() {
    let service = tenant(0x8_0001, 0).await;
    let turns = [(Feature::PasswordSync, true), (Feature::BlockHardMatchTakeover, false)];
    check(
        &service,
        &turns,
        expect![[r#"
        GetCompanyConfiguration
        already so"#]],
    )
    .await;
}

#[tokio::test]
async fn a_switch_that_does_not_move_is_named() {
    let service = tenant(0x10, 0x10).await;
    let turns = [(Feature::SoftMatchOnUpn, false), (Feature::PasswordSync, true)];
    check(
        &service,
        &turns,
        expect![[r#"
        GetCompanyConfiguration
        set 0x1
        GetCompanyConfiguration
        the switch softMatchOnUpnEnabled was not written (none): the tenant leaves it on"#]],
    )
    .await;
}

#[tokio::test]
async fn without_their_positions_nothing_is_written() {
    let service = tenant(None, 0).await;
    check(
        &service,
        &[(Feature::PasswordSync, true)],
        expect![[r#"
        GetCompanyConfiguration
        the step cannot be sent: the service does not say how the tenant's switches are"#]],
    )
    .await;
}

#[tokio::test]
async fn a_lost_answer_does_no_harm() {
    let mut answers = 0;
    let mut bits = 0;
    let service = Service::start(move |asked| {
        let Request::SetCompanyDirsyncFeatures(wanted) = &asked.received.request else {
            return configuration(Some(bits));
        };
        bits = wanted.0;
        answers += 1;
        if answers == 1 { Say::Nothing } else { Say::Good(Answer::FeaturesSet) }
    })
    .await;
    check(
        &service,
        &[(Feature::PasswordSync, true)],
        expect![[r#"
        GetCompanyConfiguration
        set 0x1
        set 0x1
        GetCompanyConfiguration
        applied 000000000007"#]],
    )
    .await;
}
