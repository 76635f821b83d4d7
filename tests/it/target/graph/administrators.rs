//! The client against a sandbox tenant with administrators, licences and groups of the tenant's own.

use samesign::model::{CloudId, ObjectKind, Property, Roles};
use samesign::sandbox::Sandbox;
use samesign::target::{Current, Step, TargetError};

use super::contract::{applied, create_group, observe, open, start};

/// A tenant with an administrator, a group that hands on a role, licences, and an app without a role.
const ROLES: &str = "
apps:
  - { clientId: 5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10, secret: any, roles: [PERMISSIONS] }
skus:
  - { skuId: 6fd2c87f-b296-42f0-b197-1e91e994b900, skuPartNumber: ENTERPRISEPACK, enabled: 9 }
  - { skuId: 84a661c4-e949-4bd2-a560-ed7766fcaf2b, skuPartNumber: AAD_PREMIUM_P2, enabled: 9,
      plans: { AAD_PREMIUM_P2: eec0eb4f-6444-4f95-aba0-50c24d67f998 } }
users:
  - { userPrincipalName: boss@contoso.com, id: 00000000-0000-4000-8000-000000000001, directoryRoles: [Global Administrator] }
  - { userPrincipalName: keeper@contoso.com, id: 00000000-0000-4000-8000-000000000002, licences: [ENTERPRISEPACK] }
  - { userPrincipalName: stand-in@contoso.com, id: 00000000-0000-4000-8000-000000000003, eligibleDirectoryRoles: [Global Administrator] }
  - { userPrincipalName: mia@contoso.com, id: 00000000-0000-4000-8000-000000000004, licences: [ENTERPRISEPACK, AAD_PREMIUM_P2] }
groups:
  - { displayName: keepers, id: 00000000-0000-4000-8000-000000000010, directoryRoles: [Exchange Administrator, User Administrator], members: [keeper@contoso.com] }
  - { displayName: team, id: 00000000-0000-4000-8000-000000000011, members: [mia@contoso.com] }
  - { displayName: everybody, id: 00000000-0000-4000-8000-000000000012, members: [mia@contoso.com, boss@contoso.com],
      groupTypes: [Unified], mailEnabled: true }
";
const OURS: &str = "User.ReadWrite.All, User.DeleteRestore.All, Group.ReadWrite.All, Organization.Read.All, \
                    Domain.Read.All";

async fn with_roles(permissions: &str) -> Sandbox {
    start(&ROLES.replace("PERMISSIONS", permissions)).await
}

fn cloud_id(number: u8) -> CloudId {
    format!("00000000-0000-4000-8000-0000000000{number:02}").parse().unwrap()
}

#[tokio::test]
async fn roles_and_licences_are_read_with_the_permissions_that_the_readme_names() {
    let sandbox = with_roles(&format!("{OURS}, RoleManagement.Read.Directory")).await;
    let snapshot = observe(&open(&sandbox).0).await;
    let roles = |number| snapshot.roles_of(cloud_id(number)).join(", ");
    assert_eq!(roles(1), "Global Administrator");
    assert_eq!(roles(2), "Exchange Administrator, User Administrator");
    assert_eq!((roles(3), roles(4)), ("Global Administrator".to_owned(), String::new()));
    let licences = |number| snapshot.user(cloud_id(number)).unwrap().licences.len();
    assert_eq!([1, 2, 3, 4].map(licences), [0, 1, 0, 2]);

    let sandbox = with_roles(OURS).await;
    let snapshot = observe(&open(&sandbox).0).await;
    let Roles::Unknown(advice) = snapshot.roles() else { panic!("{:?}", snapshot.roles()) };
    assert!(advice.starts_with("grant the application RoleManagement.Read.Directory"), "{advice}");
    assert_eq!(snapshot.users().len(), 4);
}

#[tokio::test]
async fn an_administrator_cannot_be_blocked_and_the_error_says_why() {
    let sandbox = with_roles(&format!("{OURS}, RoleManagement.Read.Directory")).await;
    let (_, writer) = open(&sandbox);
    for (number, name) in [(1, "boss@contoso.com"), (2, "keeper@contoso.com")] {
        for step in [Step::BlockUser { id: cloud_id(number) }, Step::DeleteUser { id: cloud_id(number) }] {
            let error = writer.carry_out(&[step]).await.remove(0).unwrap_err();
            let TargetError::Protected { user, .. } = &error else { panic!("{error}") };
            assert_eq!(user, name);
        }
    }
    applied(&writer, &[Step::BlockUser { id: cloud_id(4) }]).await;
    // Without the right to see roles, the error cannot tell, and names the permission.
    let sandbox = with_roles("User.EnableDisableAccount.All, User.Read.All").await;
    let error =
        open(&sandbox).1.carry_out(&[Step::BlockUser { id: cloud_id(1) }]).await.remove(0).unwrap_err();
    assert!(matches!(error, TargetError::Permission { .. }), "{error}");
    assert!(error.hint().unwrap().contains("the object is an administrator"));
}

#[tokio::test]
async fn a_block_stands_when_sessions_may_not_be_ended() {
    let sandbox = with_roles("User.EnableDisableAccount.All, User.Read.All").await;
    let (reader, writer) = open(&sandbox);
    applied(&writer, &[Step::BlockUser { id: cloud_id(4) }]).await;
    let Current::User(mia) = reader.current(&[(ObjectKind::User, cloud_id(4))]).await.unwrap().remove(0)
    else {
        panic!("she is there");
    };
    assert_eq!(mia.attributes.boolean(Property::AccountEnabled.id()), Some(false));
}

#[tokio::test]
async fn a_restored_user_has_groups_licences_and_manager_as_before() {
    let sandbox = with_roles(&format!("{OURS}, RoleManagement.Read.Directory")).await;
    let (reader, writer) = open(&sandbox);
    let mia = cloud_id(4);
    // One of her groups is ours, two belong to the tenant.
    let ours = applied(&writer, &[create_group(20)]).await[0];
    applied(&writer, &[Step::AddMembers { group: ours, members: vec![mia] }]).await;
    applied(&writer, &[Step::SetManager { id: mia, manager: Some(cloud_id(1)) }]).await;
    let groups = async || {
        let mut found = Vec::new();
        for group in [cloud_id(11), cloud_id(12), ours] {
            found.push(reader.members(group).await.unwrap());
        }
        found
    };
    let (user, members) = (observe(&reader).await.user(mia).unwrap().clone(), groups().await);
    assert_eq!((user.licences.len(), members.iter().filter(|it| it.contains(&mia)).count()), (2, 3));

    applied(&writer, &[Step::DeleteUser { id: mia }]).await;
    assert!(groups().await.iter().all(|it| !it.contains(&mia)));
    let deleted = observe(&reader).await.user(mia).unwrap().clone();
    assert!(deleted.deleted_at.is_some());
    assert_eq!(deleted.licences, user.licences);

    applied(&writer, &[Step::Restore { id: mia, name: None, leaves_addresses: false }]).await;
    let restored = observe(&reader).await.user(mia).unwrap().clone();
    assert_eq!((restored, groups().await), (user, members));
}
