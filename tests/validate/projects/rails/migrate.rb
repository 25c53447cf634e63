# What `rails db:migrate` does, without the rest of Rails: Debian packages ActiveRecord by itself.
require "active_record"

ActiveRecord::Base.establish_connection(ENV.fetch("DATABASE_URL"))
ActiveRecord::MigrationContext.new("db/migrate").migrate(ARGV[0]&.to_i)
