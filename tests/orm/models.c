#include "models.h"

CF_MODEL(User,
    CF_COLUMN(id,         .primary_key = true),
    CF_COLUMN(name,       .length = 100),
    CF_COLUMN(email,      .length = 120, .unique = true),
    CF_COLUMN(bio,        .nullable = true),
    CF_COLUMN(active),
    CF_COLUMN(quota,      .default_number = 1.5),
    CF_COLUMN(created_at, .default_now = true),
    CF_COLUMN(age,        .check = "age >= 0"));

CF_MODEL(Dataset,
    CF_COLUMN(id,      .primary_key = true),
    CF_COLUMN(name,    .length = 100, .index = true),
    CF_COLUMN(size),
    CF_COLUMN(user_id, .references = "user.id"),
    CF_UNIQUE(user_id, name));

CF_MODEL(Country,
    CF_COLUMN(code, .primary_key = true),
    CF_COLUMN(name, .length = 80));

CF_MODEL(Membership,
    CF_COLUMN(user_id,    .primary_key = true, .references = "user.id", .on_delete = CF_CASCADE),
    CF_COLUMN(group_name, .primary_key = true, .length = 40),
    CF_COLUMN(since));

CF_MODEL(Setting,
    CF_TABLE("app_settings"),
    CF_COLUMN(id,      .primary_key = true),
    CF_COLUMN(key,     .length = 50, .unique = true),
    CF_COLUMN(value,   .server_default = "'none'"),
    CF_COLUMN(version, .default_int = 1));

CF_MODEL(Project,
    CF_COLUMN(id,   .primary_key = true),
    CF_COLUMN(name, .length = 100));

CF_MODEL(UserProject,
    CF_COLUMN(user_id,    .primary_key = true, .references = "user.id"),
    CF_COLUMN(project_id, .primary_key = true, .references = "project.id"));

CF_MODEL(Profile,
    CF_COLUMN(id,      .primary_key = true),
    CF_COLUMN(user_id, .references = "user.id", .unique = true),
    CF_COLUMN(motto,   .length = 200));

CF_MODEL(Node,
    CF_COLUMN(id,        .primary_key = true),
    CF_COLUMN(name,      .length = 50),
    CF_COLUMN(parent_id, .references = "node.id"));
