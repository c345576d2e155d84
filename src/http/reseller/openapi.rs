//! The operations of the reseller dialect, described.

use serde_json::{Value, json};
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, OneOfBuilder, SchemaType};
use utoipa::openapi::{RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::wire::{
    DomainIn, DomainOut, KeepRoleIn, MemberIn, MemberOut, PlanChangeIn, PlanChangeOut, PlanIn,
    PlanOut, RetentionIn, RetentionOut, RoleIn, RoleOut, RoleRefIn,
};
use crate::domain::reseller::name::MAX_NAME_CHARS;
use crate::http::openapi::{Group, Operation, delete, get, post, put};

/// What the dialect answers to.
pub(in crate::http) fn groups() -> Vec<Group> {
    vec![plans(), domains(), roles()]
}

/// A name in a path.
fn name() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": MAX_NAME_CHARS, "example": "Gold" })
}

fn path() -> Vec<(&'static str, Value, &'static str)> {
    let user = json!({ "type": "string", "minLength": 1, "maxLength": 512 });
    vec![
        (
            "planName",
            name(),
            "The name of the plan; case does not matter.",
        ),
        (
            "domain",
            name(),
            "The name of the domain; case does not matter.",
        ),
        (
            "roleName",
            name(),
            "The name of the role; case does not matter.",
        ),
        ("user", user, "The login or the id of the user."),
    ]
}

/// Seed 003.
fn half_a_year() -> Value {
    json!({ "volume": 2.5, "retentionUnit": "MONTHS", "retentionValue": 6 })
}

fn retention(path: &'static str, (read, set): (&'static str, &'static str)) -> [Operation; 2] {
    [
        get(path, read, "Ingestion and retention")
            .answers::<RetentionOut>(200, "The values.", half_a_year())
            .tagged(),
        put(path, set, "Sets ingestion and retention")
            .takes::<RetentionIn>(half_a_year())
            .answers::<RetentionOut>(200, "The values.", half_a_year())
            .tagged()
            .conditional(),
    ]
}

fn full(operation: Operation) -> Operation {
    operation.query(
        "full",
        json!({ "type": "boolean" }),
        "Roles with their policies and resources.",
    )
}

fn plans() -> Group {
    const PLAN: &str = "/plan/{planName}";
    let mut operations = vec![
        get("/plan", "listResellerPlans", "Lists plans")
            .answers_list_of::<PlanOut>(200, "The plans."),
        full(get(PLAN, "readResellerPlan", "Reads a plan"))
            .answers::<PlanOut>(200, "The plan.", Value::Null)
            .tagged(),
        put(PLAN, "putResellerPlan", "Creates or changes a plan")
            .takes::<PlanIn>(json!({ "retention": half_a_year() }))
            .or_nothing()
            .answers::<PlanOut>(200, "The plan.", Value::Null)
            .tagged()
            .answers::<PlanOut>(201, "The plan is new.", Value::Null)
            .tagged()
            .conditional(),
        delete(PLAN, "deleteResellerPlan", "Deletes a plan")
            .about("Only one that no domain runs under.")
            .answers_nothing(204, "It is deleted.")
            .conditional(),
    ];
    let ids = ("readPlanRetention", "setPlanRetention");
    operations.extend(retention("/plan/{planName}/retention", ids));
    Group {
        name: "Reseller plans",
        about: "The price plans of a reseller, with what their domains may ingest and how long it is kept.",
        path: path(),
        operations,
    }
}

const MOVES: &str = "Seed 003 prints it as `/domain/domain/plan`. All roles of the old plan change as `keepRole` says, roles that \
     the domain owns stay, in one step; the answer says what happened to each user. Query and body may each say a part.";

fn domains() -> Group {
    const DOMAIN: &str = "/domain/{domain}";
    let mut operations = vec![
        get(DOMAIN, "readDomain", "Reads a domain")
            .answers::<DomainOut>(200, "The domain.", Value::Null)
            .tagged(),
        put(DOMAIN, "putDomain", "Creates or changes a domain")
            .takes::<DomainIn>(json!({ "plan": "Gold" }))
            .answers::<DomainOut>(200, "The domain.", Value::Null)
            .tagged()
            .answers::<DomainOut>(201, "The domain is new.", Value::Null)
            .tagged()
            .conditional(),
        delete(DOMAIN, "deleteDomain", "Deletes a domain with its roles")
            .answers_nothing(204, "It is deleted.")
            .conditional(),
        put(
            "/domain/{domain}/plan",
            "changeDomainPlan",
            "Changes the price plan of a domain",
        )
        .about(MOVES)
        .query(
            "pricePlan",
            name(),
            "The new plan; mandatory, here or in the body.",
        )
        .query(
            "keepRole",
            name(),
            "`false`, `true`, or the name of a role.",
        )
        .query(
            "domain",
            name(),
            "The domain meant by the vendor's literal path.",
        )
        .takes::<PlanChangeIn>(json!({ "pricePlan": "Silver", "keepRole": true }))
        .or_nothing()
        .answers::<PlanChangeOut>(200, "What it did.", Value::Null)
        .tagged()
        .conditional(),
    ];
    let ids = ("readDomainRetention", "setDomainRetention");
    operations.extend(retention("/domain/{domain}/retention", ids));
    let back = "Goes back to the values of the domain's plan";
    operations.push(
        delete("/domain/{domain}/retention", "clearDomainRetention", back)
            .answers_nothing(204, "It has none of its own.")
            .conditional(),
    );
    operations.extend(members());
    Group {
        name: "Domains",
        about: "The domains of a reseller: each runs under a plan, and its users hold roles.",
        path: path(),
        operations,
    }
}

fn members() -> [Operation; 3] {
    const MEMBER: &str = "/domain/{domain}/users/{user}/role";
    [
        get(MEMBER, "readDomainUser", "The roles of a user in a domain")
            .answers::<MemberOut>(200, "The roles.", Value::Null)
            .tagged(),
        put(
            MEMBER,
            "setDomainUser",
            "Sets the roles of a user in a domain",
        )
        .takes::<MemberIn>(json!({ "roles": ["Admin"] }))
        .answers::<MemberOut>(200, "The roles.", Value::Null)
        .tagged()
        .conditional(),
        delete(MEMBER, "removeDomainUser", "Takes a user out of a domain")
            .answers_nothing(204, "The user holds no role there.")
            .conditional(),
    ]
}

/// The roles of a plan or a domain.
fn roles_of(all: &'static str, one: &'static str, ids: [&'static str; 5]) -> [Operation; 5] {
    let role = json!({
        "name": "Reviewer",
        "policies": [{
            "op": "op_view", "action": "credentials", "label": "policy.credentials.view",
        }],
        "resources": [],
    });
    let change = json!({ "policies": [] });
    [
        full(get(all, ids[0], "Lists roles")).answers_list_of::<RoleOut>(200, "The roles."),
        post(all, ids[1], "Creates a role")
            .takes::<RoleIn>(role)
            .answers::<RoleOut>(201, "The role.", Value::Null)
            .tagged(),
        full(get(one, ids[2], "Reads a role"))
            .answers::<RoleOut>(200, "The role.", Value::Null)
            .tagged(),
        put(one, ids[3], "Changes a role")
            .takes::<RoleIn>(change)
            .answers::<RoleOut>(200, "The role.", Value::Null)
            .tagged()
            .conditional(),
        delete(one, ids[4], "Deletes a role")
            .about("Only one that nobody holds.")
            .answers_nothing(204, "It is deleted.")
            .conditional(),
    ]
}

fn roles() -> Group {
    let of_plan = [
        "listPlanRoles",
        "createPlanRole",
        "readPlanRole",
        "updatePlanRole",
        "deletePlanRole",
    ];
    let of_domain = [
        "listDomainRoles",
        "createDomainRole",
        "readDomainRole",
        "updateDomainRole",
        "deleteDomainRole",
    ];
    let (plan, domain) = ("/plan/{planName}/roles", "/domain/{domain}/roles");
    let mut operations = Vec::new();
    operations.extend(roles_of(plan, "/plan/{planName}/roles/{roleName}", of_plan));
    operations.extend(roles_of(
        domain,
        "/domain/{domain}/roles/{roleName}",
        of_domain,
    ));
    Group {
        name: "Roles",
        about: "What users of a domain may do: roles of its plan, and roles of its own. Every plan has Admin and No Privileges.",
        path: path(),
        operations,
    }
}

impl PartialSchema for KeepRoleIn {
    fn schema() -> RefOr<Schema> {
        let either = [Type::Boolean, Type::String].into_iter();
        ObjectBuilder::new()
            .schema_type(either.collect::<SchemaType>())
            .min_length(Some(1))
            .description(Some("`false`, `true`, or the name of a role."))
            .into()
    }
}

impl ToSchema for KeepRoleIn {
    fn name() -> std::borrow::Cow<'static, str> {
        "KeepRole".into()
    }
}

impl PartialSchema for RoleRefIn {
    fn schema() -> RefOr<Schema> {
        let text = || {
            ObjectBuilder::new()
                .schema_type(Type::String)
                .min_length(Some(1))
        };
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0));
        let by_id = ObjectBuilder::new().property("id", number).required("id");
        let by_name = ObjectBuilder::new()
            .property("name", text())
            .required("name");
        OneOfBuilder::new()
            .item(text())
            .item(AnyOfBuilder::new().item(by_id).item(by_name))
            .description(Some(
                "The name of a role, or an object with its `id` or `name`, such as answers hold.",
            ))
            .into()
    }
}

impl ToSchema for RoleRefIn {
    fn name() -> std::borrow::Cow<'static, str> {
        "RoleReference".into()
    }
}
