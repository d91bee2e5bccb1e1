/**
 * @file carafe.h
 * @brief All of Carafe: models and queries, templates, forms, the web.
 */
#ifndef CARAFE_H
#define CARAFE_H

#include <carafe/arena.h>
#include <carafe/buffer.h>
#include <carafe/collection.h>
#include <carafe/core.h>
#include <carafe/error.h>
#include <carafe/files.h>
#include <carafe/form.h>
#include <carafe/model.h>
#include <carafe/model_form.h>
#include <carafe/orm.h>
#include <carafe/page.h>
#include <carafe/program.h>
#include <carafe/query.h>
#include <carafe/relation.h>
#include <carafe/search.h>
#include <carafe/sql.h>
#include <carafe/template.h>
#include <carafe/types.h>
#include <carafe/value.h>
#include <carafe/web.h>

#endif
